#include "core/access/managed_key.hpp"

#include <algorithm>

namespace kg::access {
namespace {

/// An unchanged limit keeps its bucket as it is.
void adopt_bucket(std::optional<TokenBucket>& mine, std::optional<TokenBucket> fresh) {
    if (mine && fresh && mine->same_limits(*fresh)) return;
    mine = std::move(fresh);
}

}  // namespace

ManagedKey ManagedKey::make(const KeyState& state, WallTime now, SteadyTime steady) {
    const auto& key = state.key;
    ManagedKey out;
    out.record = std::make_shared<const store::Key>(key);
    for (const auto& text : key.allowed_networks) {
        if (auto network = IpNetwork::parse(text)) out.networks.push_back(*network);
    }
    const Rate rate{key.requests_per_minute.value_or(0), key.request_burst.value_or(0)};
    for (auto& bucket : out.requests) bucket = make_bucket(rate, steady);
    out.tokens = make_bucket({key.tokens_per_minute.value_or(0), 0}, steady);
    out.budget =
        Budget(key, TimeZone::find(key.time_zone).value_or(TimeZone()), state.use, state.as_of.value_or(now));
    out.budget.windows(now);  // what was read before midnight belongs to yesterday
    out.finished = key.requests;
    return out;
}

void ManagedKey::learn_use(const ManagedKey& fresh) {
    budget.learn_use(fresh.budget);
    finished = std::max(finished, fresh.finished);
}

void ManagedKey::adopt(ManagedKey fresh) {
    record = std::move(fresh.record);
    networks = std::move(fresh.networks);
    for (std::size_t i = 0; i < kLanes; ++i) adopt_bucket(requests[i], std::move(fresh.requests[i]));
    adopt_bucket(tokens, std::move(fresh.tokens));
    fresh.budget.merge(budget);
    budget = std::move(fresh.budget);
    finished = std::max(finished, fresh.finished);
}

}  // namespace kg::access
