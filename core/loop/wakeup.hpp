#pragma once

#include <memory>

#include "core/loop/loop.hpp"

namespace kg::loop {

/// The thread-safe door of a loop: post() may be called from any thread and runs `job` on the loop,
/// in order. Copies share the door. Jobs posted after the Wakeup's owner was destroyed are dropped
/// (destroyed unrun, on the posting thread); post() then returns false.
/// The queue is bounded by its users: they post one job per outstanding operation.
class Wakeup {
  public:
    explicit Wakeup(Loop& loop);  // on the loop's thread; keeps the loop alive while it exists
    Wakeup(const Wakeup&) = delete;
    Wakeup& operator=(const Wakeup&) = delete;
    ~Wakeup();

    /// A handle that other threads may keep for ever.
    class Door {
      public:
        Door() = default;
        bool post(UniqueFunction<void()> job) const;

      private:
        friend class Wakeup;
        struct State;
        std::shared_ptr<State> state_;
    };
    const Door& door() const { return door_; }
    /// Whether a waiting Wakeup alone keeps run() from returning (default yes).
    void set_keeps_alive(bool keeps);

  private:
    Door door_;
};

}  // namespace kg::loop
