// Pool, the part that knows how much of their plans the accounts have used.
#include <algorithm>

#include "core/account/pool_session.hpp"

namespace kg::account {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kOurCount = "credits-used-up";   // reason, as opposed to upstream's own
constexpr std::chrono::milliseconds kRefusalHolds = 10min;  // upstream's 402 before its usage figures

constexpr std::size_t kUsageWindow = 256;  // accounts looked at by one call; the next looks at the next

}  // namespace

/// Rests an account whose plan is used up but for the margin, until the plan is renewed.
void Pool::settle_quota(Entry& entry, const Now& at) {
    if (options_.when_exhausted != WhenExhausted::stop || !entry.quota || out_for_good(entry)) return;
    if (entry.quota->resets_at <= at.wall || entry.quota->remaining() > options_.quota_margin) return;
    if (entry.state == State::exhausted && entry.exhausted_until > at.wall) return;
    entry.exhausted_until = entry.quota->resets_at;
    set_state(entry, State::exhausted, std::string(kOurCount), to_ms(entry.exhausted_until), at);
    place(entry, at);
}

void Pool::set_quota(std::string_view id, const Quota& quota) {
    const Session session(*this);
    auto* entry = find(id);
    if (!entry) return;
    const auto at = now();
    entry->quota = quota;
    measured(*entry);
    entry->used_since_told = false;
    const bool resting = entry->state == State::exhausted && entry->exhausted_until > at.wall;
    const bool credits = quota.remaining() > options_.quota_margin;
    // What upstream refused for lack of credits it may go on refusing for a while.
    const bool believable = entry->reason == kOurCount || at.steady >= entry->out_since + kRefusalHolds;
    if (resting && credits && believable) {
        entry->exhausted_until = at.wall;
        place(*entry, at);
    }
    settle_quota(*entry, at);
}

std::optional<Quota> Pool::restored(const std::optional<store::AccountQuota>& quota) {
    if (!quota) return std::nullopt;
    return Quota{.limit = quota->limit,
                 .used = quota->used,
                 .resets_at = wall_from_ms(quota->resets_at_ms),
                 .told_at = wall_from_ms(quota->told_at_ms),
                 .plan = quota->plan};
}

std::optional<store::AccountQuota> Pool::stored(const std::optional<Quota>& quota) {
    if (!quota) return std::nullopt;
    return store::AccountQuota{.limit = quota->limit,
                               .used = quota->used,
                               .resets_at_ms = to_ms(quota->resets_at),
                               .told_at_ms = to_ms(quota->told_at),
                               .plan = quota->plan};
}

std::optional<store::Account> Pool::next_usage_due(std::chrono::milliseconds ttl) {
    const std::lock_guard lock(mutex_);
    const auto at = now();
    Entry* due = nullptr;
    const auto window = std::min(entries_.size(), kUsageWindow);
    for (std::size_t i = 0; i < window; ++i) {
        Entry& entry = *entries_[(usage_cursor_ + i) % entries_.size()];
        if (out_for_good(entry) || entry.state == State::cooling) continue;
        const bool may_differ = entry.used_since_told || !entry.quota || entry.state == State::exhausted;
        if (entry.usage_asked && (!may_differ || at.steady < *entry.usage_asked + ttl)) continue;
        if (!due || entry.usage_asked < due->usage_asked) due = &entry;
    }
    if (window < entries_.size()) usage_cursor_ = (usage_cursor_ + window) % entries_.size();
    if (!due) return std::nullopt;
    due->usage_asked = at.steady;
    return due->record;
}

}  // namespace kg::account
