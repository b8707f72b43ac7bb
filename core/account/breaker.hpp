#pragma once

#include <chrono>
#include <cstdint>

#include "core/account/failure_window.hpp"
#include "core/account/state.hpp"
#include "core/base/clock.hpp"

namespace kg::account {

struct BreakerOptions {
    unsigned calls_min = 20;  // in the window, before its rate means anything
    unsigned failures_percent = 50;
    unsigned probes_max = 2;  // at the same time while half-open
    unsigned successes_to_close = 3;
    std::chrono::milliseconds open_first{10'000}, open_max{120'000};  // doubles, +-20 %
};

/// A circuit breaker over a failure rate: closed until at least half of enough calls within 30 s
/// failed; then open for a jittered pause, which failures of earlier calls do not extend; then
/// half-open, a few probes at a time, until enough of them succeed or one fails (seed F2).
/// A value; given `now`. Asking changes nothing (seed F3).
class Breaker {
  public:
    explicit Breaker(BreakerOptions options = {}) : options_(options) {}

    Circuit state(SteadyTime now) const {
        if (!open_) return Circuit::closed;
        return now < until_ ? Circuit::open : Circuit::half_open;
    }
    /// Time to the next probe while open, else 0.
    std::chrono::milliseconds opens_in(SteadyTime now) const;

    /// When it opened; of use while it is not closed.
    SteadyTime opened_at() const { return opened_at_; }
    unsigned probes() const { return probes_; }  // under way
    FailureWindow::Sum recent(SteadyTime now) const { return window_.sum(now); }

    /// A call let through: which epoch it belongs to, and whether it is a probe.
    struct Ticket {
        std::uint32_t epoch = 0;
        bool admitted = false, probe = false;
    };
    Ticket admit(SteadyTime now);
    /// `luck` in [0, 1) jitters the pause of an opening.
    void record(Ticket ticket, bool success, SteadyTime now, double luck);
    /// The call ended without telling anything of the endpoint.
    void abandon(Ticket ticket);
    /// Closed, as if nothing had happened; calls under way no longer count.
    void reset();

  private:
    void trip(SteadyTime now, double luck);

    BreakerOptions options_;
    FailureWindow window_;
    bool open_ = false;
    SteadyTime opened_at_{}, until_{};
    std::uint32_t epoch_ = 0;  // +1 at each opening and closing: late verdicts of others do not count
    unsigned openings_ = 0;    // in a row
    unsigned probes_ = 0, successes_ = 0;
};

/// `pause` doubled `times` times up to `cap`, then 20 % more or less by `luck` in [0, 1).
std::chrono::milliseconds jittered_doubling(std::chrono::milliseconds pause, std::chrono::milliseconds cap,
                                            unsigned times, double luck);

}  // namespace kg::account
