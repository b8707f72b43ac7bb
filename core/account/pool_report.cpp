// Pool, the half that learns from outcomes: health, cool-downs, exhaustion, suspension.
#include <algorithm>

#include "core/account/pool.hpp"

namespace kg::account {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr unsigned kAuthFailuresMax = 3;  // E6: in a row, then the login counts as lost
constexpr unsigned kSoftFailuresMax = 5;  // E24: in a row, then a pause
constexpr milliseconds kSoftPause = 30s;
constexpr std::size_t kRefusedModelsMax = 64;

/// When an exhausted quota comes back (kiro-upstream E7, E9).
WallTime quota_reset(WallTime now, std::string_view reason) {
    using namespace std::chrono;
    const auto day = floor<days>(now);
    if (reason.starts_with("DAILY")) return day + days(1);
    if (reason.starts_with("HOURLY")) return now + hours(1);
    if (reason.starts_with("WEEKLY")) return now + days(1);
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

void Pool::set_state(Entry& entry, State state, std::string reason, std::int64_t until_ms) {
    if (entry.state == state && entry.reason == reason && state != State::cooling) return;
    const bool worth_keeping =
        state != State::cooling && !(state == State::ok && entry.state == State::cooling);
    entry.state = state;
    entry.reason = std::move(reason);
    entry.record.state = state_name(state);
    entry.record.state_reason = entry.reason;
    if (!worth_keeping) return;
    entry.record.state_since_ms = to_ms(clock_.wall());
    entry.record.state_until_ms = until_ms;
    changes_.push_back({entry.record.id, state, entry.reason, entry.record.state_since_ms, until_ms});
}

void Pool::cool_down(Entry& entry, const kiro::Failure& failure) {
    const auto [first, cap] = pause_of(failure.cls);
    auto pause = std::max(first, failure.retry_after.value_or(0ms));
    for (unsigned i = 0; i < entry.throttles && pause < cap; ++i) pause *= 2;
    pause = std::max(std::min(pause, cap), failure.retry_after.value_or(0ms));
    pause = std::min(pause, milliseconds(24h));
    ++entry.throttles;
    entry.cooling_until = clock_.steady() + pause;
    set_state(entry, State::cooling, std::string(kiro::failure_row(failure.cls).name), 0);
}

void Pool::report_success(std::string_view id) {
    std::vector<StateChange> changes;
    {
        const std::lock_guard lock(mutex_);
        const auto it = by_id_.find(std::string(id));
        if (it == by_id_.end()) return;
        Entry& entry = *it->second;
        entry.health.success();
        entry.auth_failures = entry.throttles = 0;
        // A success of a request begun before the account was suspended proves nothing.
        if (entry.state != State::suspended && entry.state != State::needs_sign_in)
            set_state(entry, State::ok, "", 0);
        changes.swap(changes_);
    }
    for (const auto& change : changes) {
        if (listener_) listener_(change);
    }
}

void Pool::report_login_lost(std::string_view id, std::string reason) {
    std::vector<StateChange> changes;
    {
        const std::lock_guard lock(mutex_);
        const auto it = by_id_.find(std::string(id));
        if (it == by_id_.end()) return;
        set_state(*it->second, State::needs_sign_in, std::move(reason), 0);
        changes.swap(changes_);
    }
    for (const auto& change : changes) {
        if (listener_) listener_(change);
    }
}

void Pool::report_failure(std::string_view id, std::string_view wire_model, const kiro::Failure& failure) {
    std::vector<StateChange> changes;
    {
        const std::lock_guard lock(mutex_);
        const auto it = by_id_.find(std::string(id));
        if (it == by_id_.end()) return;
        Entry& entry = *it->second;
        const std::string name(kiro::failure_row(failure.cls).name);
        using Effect = kiro::AccountEffect;
        switch (kiro::failure_row(failure.cls).effect) {
            case Effect::none: break;
            case Effect::refresh:
            case Effect::count_auth_failure:
                entry.health.failure(40);
                if (++entry.auth_failures >= kAuthFailuresMax)
                    set_state(entry, State::needs_sign_in, name, 0);
                break;
            case Effect::disable_login: set_state(entry, State::needs_sign_in, name, 0); break;
            case Effect::suspend: set_state(entry, State::suspended, name, 0); break;
            case Effect::exhaust: {
                entry.exhausted_until = quota_reset(clock_.wall(), failure.reason);
                set_state(entry, State::exhausted, failure.reason.empty() ? name : failure.reason,
                          to_ms(entry.exhausted_until));
                break;
            }
            case Effect::cool_down:
                entry.health.failure(20);
                cool_down(entry, failure);
                break;
            case Effect::soft_failure:
                entry.health.failure(20);
                if (entry.health.failures_in_a_row() >= kSoftFailuresMax) {
                    entry.cooling_until =
                        clock_.steady() + std::max(kSoftPause, failure.retry_after.value_or(0ms));
                    set_state(entry, State::cooling, name, 0);
                }
                break;
            case Effect::forget_model:
                if (entry.refused_models.size() >= kRefusedModelsMax) entry.refused_models.clear();
                entry.refused_models[std::string(wire_model)] = clock_.steady() + 1h;
                break;
        }
        changes.swap(changes_);
    }
    for (const auto& change : changes) {
        if (listener_) listener_(change);
    }
}

}  // namespace kg::account
