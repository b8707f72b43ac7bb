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
    void run_paced();
    void run(Deferred& next);

    std::unique_ptr<uv_loop_s, Closer> raw_;
    /// Handles that run the deferred list before and after polling, and keep polling from blocking
    /// while something is scheduled.
    struct Hooks;
    std::unique_ptr<Hooks> hooks_;
    struct Fifo {  // intrusive
        Deferred* head = nullptr;
        Deferred* tail = nullptr;
    };
    Fifo deferred_;
    Fifo paced_;
    Deferred* running_ = nullptr;  // cleared by its destructor
    std::thread::id owner_{};
};

/// A member that calls `fn` once, later in the same loop turn, after schedule(): the way to leave
/// the current stack frame, and to do once per socket event what callbacks ask for many times.
/// Destroying or cancel() unschedules. Runs after the callbacks of the current poll phase, or
/// before the next one when scheduled outside of it (timers). `fn` may destroy the Deferred.
///
/// Pace::share is for work that arrives in crowds and is costly each (new requests): a turn gives
/// all of it together one millisecond, after the rest, and what is left over waits in its order for
/// the next turn, so that a crowd of newcomers does not hold up what is already in flow.
class Deferred {
  public:
    enum class Pace : std::uint8_t { all, share };

    Deferred(Loop& loop, UniqueFunction<void()> fn, Pace pace = Pace::all)
        : loop_(loop), fn_(std::move(fn)), pace_(pace) {}
    Deferred(const Deferred&) = delete;
    Deferred& operator=(const Deferred&) = delete;
    ~Deferred();

    void schedule() noexcept;  // no-op when already scheduled
    void cancel() noexcept;
    bool scheduled() const { return scheduled_; }

  private:
    friend class Loop;
    Loop::Fifo& fifo() const { return pace_ == Pace::all ? loop_.deferred_ : loop_.paced_; }

    Loop& loop_;
    UniqueFunction<void()> fn_;
    Deferred* next_ = nullptr;
    Deferred* previous_ = nullptr;
    const Pace pace_;
    bool scheduled_ = false;
};

}  // namespace kg::loop
