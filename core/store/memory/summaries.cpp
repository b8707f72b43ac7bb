#include <algorithm>

#include "core/store/memory/stores.hpp"

namespace kg::store::memory {

Result<std::vector<Summary>> MemorySummaryStore::find(const std::vector<Sha256>& keys, std::int64_t oldest_ms,
                                                      std::int64_t now_ms) {
    const std::lock_guard lock(state_.mutex);
    std::vector<Summary> found;
    for (const Sha256& key : keys) {
        const auto entry = state_.summaries.find(key);
        if (entry == state_.summaries.end() || entry->second.used_at_ms < oldest_ms) continue;
        entry->second.used_at_ms = std::max(entry->second.used_at_ms, now_ms);
        found.push_back(entry->second);
    }
    return found;
}

Result<void> MemorySummaryStore::put(const Summary& summary) {
    const std::lock_guard lock(state_.mutex);
    state_.summaries.insert_or_assign(summary.key, summary);
    return {};
}

Result<void> MemorySummaryStore::prune(std::int64_t oldest_ms, std::uint64_t max_bytes) {
    const std::lock_guard lock(state_.mutex);
    auto& all = state_.summaries;
    std::erase_if(all, [&](const auto& entry) { return entry.second.used_at_ms < oldest_ms; });
    std::uint64_t bytes = 0;
    std::vector<const Summary*> by_age;
    for (const auto& entry : all) {
        bytes += entry.second.text.size();
        by_age.push_back(&entry.second);
    }
    std::ranges::sort(by_age, {}, &Summary::used_at_ms);
    for (const Summary* summary : by_age) {
        if (bytes <= max_bytes) break;
        bytes -= summary->text.size();
        const Sha256 key = summary->key;
        all.erase(key);
    }
    return {};
}

Result<std::size_t> MemorySummaryStore::count() {
    const std::lock_guard lock(state_.mutex);
    return state_.summaries.size();
}

}  // namespace kg::store::memory
