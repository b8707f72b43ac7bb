#include "core/account/breaker.hpp"

#include <algorithm>

namespace kg::account {

using std::chrono::milliseconds;

milliseconds jittered_doubling(milliseconds pause, milliseconds cap, unsigned times, double luck) {
    for (unsigned i = 0; i < times && pause < cap; ++i) pause *= 2;
    pause = std::min(pause, cap);
    return milliseconds(static_cast<std::int64_t>(static_cast<double>(pause.count()) * (0.8 + 0.4 * luck)));
}

milliseconds Breaker::opens_in(SteadyTime now) const {
    if (state(now) != Circuit::open) return {};
    return std::chrono::ceil<milliseconds>(until_ - now);
}

Breaker::Ticket Breaker::admit(SteadyTime now) {
    switch (state(now)) {
        case Circuit::closed: return {epoch_, true, false};
        case Circuit::open: return {};
        case Circuit::half_open: break;
    }
    if (probes_ >= options_.probes_max) return {};
    ++probes_;
    return {epoch_, true, true};
}

void Breaker::trip(SteadyTime now, double luck) {
    if (!open_) opened_at_ = now;
    open_ = true;
    until_ = now + jittered_doubling(options_.open_first, options_.open_max, openings_, luck);
    ++openings_;
    ++epoch_;
    probes_ = successes_ = 0;
    window_.clear();
}

void Breaker::record(Ticket ticket, bool success, SteadyTime now, double luck) {
    if (!ticket.admitted || ticket.epoch != epoch_) return;
    if (!ticket.probe) {
        window_.add(!success, now);
        if (!success && window_.bad(options_.calls_min, options_.failures_percent, now)) trip(now, luck);
        return;
    }
    --probes_;
    if (!success) return trip(now, luck);
    if (++successes_ < options_.successes_to_close) return;
    open_ = false;
    openings_ = 0;
    successes_ = 0;
    ++epoch_;
}

void Breaker::reset() {
    const auto epoch = epoch_ + 1;
    *this = Breaker(options_);
    epoch_ = epoch;
}

void Breaker::abandon(Ticket ticket) {
    if (ticket.probe && ticket.epoch == epoch_) --probes_;
}

}  // namespace kg::account
