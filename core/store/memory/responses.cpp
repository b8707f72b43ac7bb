#include <algorithm>
#include <utility>
#include <vector>

#include "core/store/memory/stores.hpp"

namespace kg::store::memory {

Result<void> MemoryResponseStore::put(const KeptResponse& response, std::size_t keep_max) {
    const std::lock_guard lock(state_.mutex);
    auto& all = state_.responses;
    const auto [place, fresh] = all.try_emplace(response.id, response);
    if (!fresh && place->second.owner == response.owner) place->second = response;
    std::erase_if(all,
                  [&](const auto& entry) { return entry.second.expires_at_ms <= response.created_at_ms; });
    std::vector<std::pair<std::int64_t, std::string>> by_age;
    for (const auto& [id, kept] : all)
        if (kept.owner == response.owner) by_age.emplace_back(kept.created_at_ms, id);
    std::ranges::sort(by_age, std::ranges::greater());
    for (auto i = keep_max; i < by_age.size(); ++i) all.erase(by_age[i].second);
    return {};
}

Result<std::optional<KeptResponse>> MemoryResponseStore::find(std::string_view owner, std::string_view id,
                                                              std::int64_t now_ms) {
    const std::lock_guard lock(state_.mutex);
    const auto found = state_.responses.find(id);
    if (found == state_.responses.end() || found->second.owner != owner ||
        found->second.expires_at_ms <= now_ms)
        return std::optional<KeptResponse>{};
    return std::optional<KeptResponse>{found->second};
}

Result<bool> MemoryResponseStore::remove(std::string_view owner, std::string_view id) {
    const std::lock_guard lock(state_.mutex);
    const auto found = state_.responses.find(id);
    if (found == state_.responses.end() || found->second.owner != owner) return false;
    state_.responses.erase(found);
    return true;
}

Result<std::size_t> MemoryResponseStore::count() {
    const std::lock_guard lock(state_.mutex);
    return state_.responses.size();
}

}  // namespace kg::store::memory
