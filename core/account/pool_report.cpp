// Pool, the half that learns from outcomes: health, cool-downs, exhaustion, suspension.
#include <algorithm>
#include <cmath>

#include "core/account/pool_session.hpp"

namespace kg::account {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr unsigned kAuthFailuresMax = 3;  // E6: in a row, then the login counts as lost
// E24: the account's circuit opens when at least half of 5 or more calls within 30 s failed.
constexpr unsigned kCircuitCallsMin = 5, kCircuitPercent = 50;
constexpr milliseconds kCircuitPause = 25s, kCircuitPauseMax = 250s;  // doubles, +-20 %
constexpr milliseconds kRestMin = 30s;                                // before an early probe
constexpr milliseconds kRatherSlow = 10s;                             // a first event that may count as slow
constexpr double kSlowFactor = 3;  // and does when the usual one is so many times faster
constexpr std::size_t kRefusedModelsMax = 64;

/// When an exhausted quota comes back (kiro-upstream E7, E9).
WallTime quota_reset(WallTime now, std::string_view reason, const std::optional<Quota>& quota) {
    using namespace std::chrono;
    const auto day = floor<days>(now);
    if (reason.starts_with("DAILY")) return day + days(1);
    if (reason.starts_with("HOURLY")) return now + hours(1);
    if (reason.starts_with("WEEKLY")) return now + days(1);
    if (quota && quota->resets_at > now) return quota->resets_at;
    const year_month_day date{day};
    return sys_days{(date.year() / date.month() + months(1)) / 1};
}

/// Base and cap of the doubling cool-down of each throttle class.
struct Pause {
    milliseconds first, cap;
};
Pause pause_of(kiro::FailureClass cls) {
    switch (cls) {
        case kiro::FailureClass::rate_limited_user: return {8s, 120s};
        case kiro::FailureClass::suspicious_activity: return {600s, 3600s};
        default: return {30s, 300s};
    }
}

}  // namespace

void Pool::set_state(Entry& entry, State state, std::string reason, std::int64_t until_ms, const Now& at) {
    if (entry.state == state && entry.reason == reason && state != State::cooling) return;
    const bool worth_keeping =
        state != State::cooling && !(state == State::ok && entry.state == State::cooling);
    entry.state = state;
    entry.reason = std::move(reason);
    entry.record.state = state_name(state);
    entry.record.state_reason = entry.reason;
    entry.since_ms = to_ms(at.wall);
    if (recovering(entry)) entry.out_since = at.steady;
    plan_refresh(entry);
    if (!worth_keeping) return;
    entry.record.state_since_ms = to_ms(at.wall);
    entry.record.state_until_ms = until_ms;
    changes_.push_back({entry.record.id, state, entry.reason, entry.record.state_since_ms, until_ms});
}

double Pool::luck() {
    random_ = random_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<double>(random_ >> 11) * 0x1p-53;
}

void Pool::cool_down(Entry& entry, const kiro::Failure& failure, const Now& at) {
    const auto told = failure.retry_after.value_or(0ms);
    const auto [first, cap] = pause_of(failure.cls);
    auto pause = std::max(first, told);
    for (unsigned i = 0; i < entry.throttles && pause < cap; ++i) pause *= 2;
    pause = std::max(std::min(pause, cap), told);
    pause = std::min(pause, milliseconds(24h));
    ++entry.throttles;
    entry.cooling_until = at.steady + pause;
    // Hammering an account under review would only prolong it.
    entry.probe_from = failure.cls == kiro::FailureClass::suspicious_activity
                           ? SteadyTime::max()
                           : at.steady + std::max({kRestMin, told, pause / 2});
    set_state(entry, State::cooling, std::string(kiro::failure_row(failure.cls).name), 0, at);
}

void Pool::open_circuit(Entry& entry, const kiro::Failure& failure, const Now& at) {
    const auto told = std::min(failure.retry_after.value_or(0ms), milliseconds(24h));
    const auto pause =
        std::max(jittered_doubling(kCircuitPause, kCircuitPauseMax, entry.openings, luck()), told);
    ++entry.openings;
    entry.window.clear();
    entry.cooling_until = at.steady + pause;
    entry.probe_from = at.steady + std::max({kRestMin, told, pause / 2});
    set_state(entry, State::cooling, std::string(kiro::failure_row(failure.cls).name), 0, at);
}

/// The account answered. What began before it went out, or before it was suspended, proves nothing.
void Pool::recovered(Entry& entry, const Now& at) {
    entry.auth_failures = entry.throttles = entry.openings = 0;
    entry.probe_from = SteadyTime::max();
    if (entry.state == State::cooling) entry.window.clear();
    set_state(entry, State::ok, "", 0, at);
    place(entry, at);
}

void Pool::succeeded(Entry& entry, SteadyTime began, const Now& at) {
    entry.health.success(at.steady);
    measured(entry);
    entry.window.add(false, at.steady);
    if (entry.state == State::suspended || entry.state == State::needs_sign_in) return;
    if (recovering(entry) && began < entry.out_since) return;
    if (recovering(entry) || entry.state == State::unknown) return recovered(entry, at);
    entry.auth_failures = entry.throttles = entry.openings = 0;
}

void Pool::report_first_event(const Lease& lease, SteadyTime began) {
    const Session session(*this);
    auto* entry = find(lease);
    if (!entry) return;
    const auto at = now();
    const auto took = std::chrono::duration_cast<milliseconds>(at.steady - began);
    const auto ms = static_cast<double>(took.count());
    entry->health.first_event(took);
    const bool slow = took > kRatherSlow && first_event_ms_ > 0 && ms > kSlowFactor * first_event_ms_;
    entry->slow = slow ? entry->slow + 1 : 0;
    first_event_ms_ = first_event_ms_ > 0 ? 0.95 * first_event_ms_ + 0.05 * ms : ms;
    // Long before the answer ends it is known that the account works again.
    if (recovering(*entry) && began >= entry->out_since) recovered(*entry, at);
}

void Pool::report_success(const Lease& lease, SteadyTime began, double credits) {
    const Session session(*this);
    auto* entry = find(lease);
    if (!entry) return;
    const auto at = now();
    succeeded(*entry, began, at);
    entry->used_since_told = true;
    if (!entry->quota || !std::isfinite(credits) || credits <= 0) return;
    entry->quota->used += credits;
    settle_quota(*entry, at);
}

void Pool::report_success(std::string_view id) {
    const Session session(*this);
    const auto at = now();
    if (auto* entry = find(id)) succeeded(*entry, at.steady, at);
}

void Pool::report_login_works(std::string_view id) {
    const Session session(*this);
    auto* entry = find(id);
    if (!entry || (entry->state != State::unknown && entry->state != State::needs_sign_in)) return;
    recovered(*entry, now());
}

void Pool::report_login_lost(std::string_view id, std::string reason, bool gone) {
    const Session session(*this);
    const auto at = now();
    auto* entry = find(id);
    if (!entry) return;
    set_state(*entry, State::needs_sign_in, std::move(reason), 0, at);
    entry->login_gone = gone;
    place(*entry, at);
}

bool Pool::report_failure(const Lease& lease, SteadyTime began, std::string_view wire_model,
                          const kiro::Failure& failure) {
    const Session session(*this);
    auto* entry = find(lease);
    if (!entry) return false;
    if (lease.session_ != 0 && kiro::failure_row(failure.cls).effect != kiro::AccountEffect::none)
        sticky_.forget(lease.session_);
    failed(*entry, began, wire_model, failure, now());
    return entry->state == State::ok || entry->state == State::unknown;
}

void Pool::report_failure(std::string_view id, std::string_view wire_model, const kiro::Failure& failure) {
    const Session session(*this);
    const auto at = now();
    if (auto* entry = find(id)) failed(*entry, at.steady, wire_model, failure, at);
}

void Pool::failed(Entry& entry, SteadyTime began, std::string_view wire_model, const kiro::Failure& failure,
                  const Now& at) {
    using Effect = kiro::AccountEffect;
    const auto& row = kiro::failure_row(failure.cls);
    const std::string name(row.name);
    // One of many requests that were under way when the account went out: the pause stays as it is.
    const bool known = recovering(entry) && began < entry.out_since;
    const auto unhealthy = [&](double weight) {
        entry.health.failure(weight, at.steady);
        measured(entry);
    };
    switch (row.effect) {
        case Effect::none: break;
        case Effect::lower_health: unhealthy(Health::kRefused); break;
        case Effect::refresh:
        case Effect::count_auth_failure:
            unhealthy(Health::kRefused);
            if (++entry.auth_failures >= kAuthFailuresMax)
                set_state(entry, State::needs_sign_in, name, 0, at);
            break;
        case Effect::disable_login: set_state(entry, State::needs_sign_in, name, 0, at); break;
        case Effect::suspend: set_state(entry, State::suspended, name, 0, at); break;
        case Effect::exhaust:
            // Late news of an account that is out: it would come back with the new quota.
            if (entry.state == State::suspended || entry.state == State::needs_sign_in) break;
            entry.exhausted_until = quota_reset(at.wall, failure.reason, entry.quota);
            set_state(entry, State::exhausted, failure.reason.empty() ? name : failure.reason,
                      to_ms(entry.exhausted_until), at);
            break;
        case Effect::cool_down:
            if (known || out_for_good(entry)) break;
            unhealthy(Health::kThrottled);
            cool_down(entry, failure, at);
            break;
        case Effect::soft_failure:
            if (known || out_for_good(entry)) break;
            unhealthy(Health::kSoft);
            entry.window.add(true, at.steady);
            if (recovering(entry) || entry.window.bad(kCircuitCallsMin, kCircuitPercent, at.steady))
                open_circuit(entry, failure, at);
            break;
        case Effect::forget_model:
            index_.clear_full(entry);  // it goes to those that have refused
            stirred_ = true;
            if (entry.refused_models.size() >= kRefusedModelsMax) entry.refused_models.clear();
            entry.refused_models[std::string(wire_model)] = at.steady + 1h;
            break;
    }
    place(entry, at);
}

}  // namespace kg::account
