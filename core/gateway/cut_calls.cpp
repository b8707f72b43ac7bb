#include "core/gateway/cut_calls.hpp"

#include <algorithm>
#include <utility>

namespace kg::gateway {

void CutCalls::remember(std::string_view conversation, CutCall call, SteadyTime now) {
    const auto key = sha256(conversation);
    const std::lock_guard lock(mutex_);
    if (!entries_.contains(key)) make_room(now);
    Entry& entry = entries_[key];
    entry.at = now;
    std::erase_if(entry.calls, [&call](const CutCall& other) { return other.turn == call.turn; });
    if (entry.calls.size() == kCallsMax) entry.calls.erase(entry.calls.begin());
    entry.calls.push_back(std::move(call));
    size_.store(entries_.size(), std::memory_order_relaxed);
}

std::vector<CutCall> CutCalls::find(std::string_view conversation, SteadyTime now) const {
    if (size() == 0) return {};
    const auto key = sha256(conversation);
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(key);
    if (found == entries_.end() || now - found->second.at > kKept) return {};
    return found->second.calls;
}

/// Called when one is added, which is rare: looking at all is fine.
void CutCalls::make_room(SteadyTime now) {
    std::erase_if(entries_, [now](const auto& entry) { return now - entry.second.at > kKept; });
    if (entries_.size() < kConversationsMax) return;
    entries_.erase(std::ranges::min_element(entries_, {}, [](const auto& entry) { return entry.second.at; }));
}

}  // namespace kg::gateway
