#include "core/store/memory/stores.hpp"

namespace kg::store::memory {

Result<std::optional<std::string>> MemorySettingsStore::get(std::string_view name) {
    const std::lock_guard lock(state_.mutex);
    const auto found = state_.settings.find(name);
    if (found == state_.settings.end()) return std::optional<std::string>{};
    return std::optional<std::string>{found->second};
}

Result<void> MemorySettingsStore::put(std::string_view name, std::string_view value) {
    const std::lock_guard lock(state_.mutex);
    state_.settings.insert_or_assign(std::string(name), std::string(value));
    ++state_.version;
    return {};
}

Result<std::string> MemorySettingsStore::put_if_absent(std::string_view name, std::string_view value) {
    const std::lock_guard lock(state_.mutex);
    const auto [entry, added] = state_.settings.emplace(name, value);
    if (added) ++state_.version;
    return entry->second;
}

Result<bool> MemorySettingsStore::erase(std::string_view name) {
    const std::lock_guard lock(state_.mutex);
    const auto found = state_.settings.find(name);
    if (found == state_.settings.end()) return false;
    state_.settings.erase(found);
    ++state_.version;
    return true;
}

}  // namespace kg::store::memory
