#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "core/base/unique_function.hpp"
#include "core/loop/wakeup.hpp"
#include "core/store/records.hpp"

namespace kg::gateway {

/// Finished requests as they happen, for those who watch. Shared by all loops; while nobody listens
/// publish() is one relaxed load. One mutex, held to hand a pointer to each listener. A listener that
/// does not keep up loses lines and is told how many.
class RequestTail {
  public:
    static constexpr std::size_t kListenersMax = 32;
    static constexpr std::size_t kLinesMax = 256;  // of one listener

    using Line = std::shared_ptr<const store::RequestRecord>;
    struct Batch {
        std::vector<Line> lines;
        std::uint64_t dropped = 0;
        bool closed = false;  // the gateway is shutting down
    };

  private:
    struct State;

  public:
    /// Lives and dies on the loop of its door; destroying it ends the calls of `ready`.
    class Listener {
      public:
        Listener(RequestTail& tail, std::shared_ptr<State> state) : tail_(tail), state_(std::move(state)) {}
        Listener(const Listener&) = delete;
        Listener& operator=(const Listener&) = delete;
        ~Listener();
        Batch take();  // what has come since the last call

      private:
        RequestTail& tail_;
        std::shared_ptr<State> state_;
    };

    /// `ready` is called on the door's loop when there is something to take(). Null when as many
    /// listen as may.
    std::unique_ptr<Listener> listen(loop::Wakeup::Door door, UniqueFunction<void()> ready);
    void publish(const store::RequestRecord& record);
    /// Shutdown: every listener is told, and no new one is accepted.
    void close();

  private:
    struct State {
        loop::Wakeup::Door door;
        UniqueFunction<void()> ready;  // used on the loop only
        bool alive = true;             // used on the loop only
        std::deque<Line> lines;        // the rest under the tail's mutex
        std::uint64_t dropped = 0;
        bool told = false;
    };
    void tell(const std::shared_ptr<State>& state);

    std::atomic<std::size_t> listening_{0};
    std::mutex mutex_;
    std::vector<std::shared_ptr<State>> states_;
    bool closed_ = false;
};

}  // namespace kg::gateway
