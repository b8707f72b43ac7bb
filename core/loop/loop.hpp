#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/unique_function.hpp"

struct uv_loop_s;

namespace kg::loop {

class Deferred;

/// One event loop of one thread (libuv underneath). Everything attached to it belongs to the thread
/// that calls run(); the only door for other threads is Wakeup (wakeup.hpp).
/// Lifecycle: construct; attach timers, streams, fetchers; run() until stop() or nothing is left;
/// destroy every attached object, then the loop. The destructor runs the loop until every back
/// block (see style: front and back) has been closed.
class Loop {
  public:
    Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;
    ~Loop();

    /// Runs until stop() or until no active handle is left.
    void run();
    /// One turn: handles what is ready; with `wait`, blocks for the first thing to happen.
    bool run_once(bool wait = true);
    void stop();
    /// Steady time cached at the start of the turn (millisecond resolution).
    SteadyTime now() const;
    /// Debug builds: aborts when called from another thread than the one that runs the loop.
    void assert_inside() const;

    uv_loop_s* raw() { return raw_.get(); }  // for core/loop, core/fetch and daemon/net only

  private:
    friend class Deferred;
    struct Closer {
        void operator()(uv_loop_s* loop) const noexcept;
    };
    void run_deferred();

    std::unique_ptr<uv_loop_s, Closer> raw_;
    /// Handles that run the deferred list before and after polling, and keep polling from blocking
    /// while something is scheduled.
    struct Hooks;
    std::unique_ptr<Hooks> hooks_;
    Deferred* deferred_head_ = nullptr;  // intrusive FIFO
    Deferred* deferred_tail_ = nullptr;
    Deferred* deferred_running_ = nullptr;  // cleared by its destructor
    std::thread::id owner_{};
};

/// A member that calls `fn` once, later in the same loop turn, after schedule(): the way to leave
/// the current stack frame, and to do once per socket event what callbacks ask for many times.
/// Destroying or cancel() unschedules. Runs after the callbacks of the current poll phase, or
/// before the next one when scheduled outside of it (timers). `fn` may destroy the Deferred.
class Deferred {
  public:
    Deferred(Loop& loop, UniqueFunction<void()> fn) : loop_(loop), fn_(std::move(fn)) {}
    Deferred(const Deferred&) = delete;
    Deferred& operator=(const Deferred&) = delete;
    ~Deferred();

    void schedule() noexcept;  // no-op when already scheduled
    void cancel() noexcept;
    bool scheduled() const { return scheduled_; }

  private:
    friend class Loop;
    Loop& loop_;
    UniqueFunction<void()> fn_;
    Deferred* next_ = nullptr;
    Deferred* previous_ = nullptr;
    bool scheduled_ = false;
};

}  // namespace kg::loop
