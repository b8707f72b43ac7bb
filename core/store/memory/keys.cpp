#include <algorithm>

#include "core/store/memory/stores.hpp"
#include "core/store/rules.hpp"
#include "core/store/selector.hpp"

namespace kg::store::memory {

bool MemoryKeyStore::hash_taken(const Key& key) const {
    return std::any_of(state_.keys.begin(), state_.keys.end(), [&](const auto& entry) {
        return entry.first != key.id && entry.second.key_hash == key.key_hash;
    });
}

Result<void> MemoryKeyStore::add(const Key& key) {
    if (key.id.empty()) return Err(missing_id_error("key"));
    KG_CHECK(check_key(key));
    const std::lock_guard lock(state_.mutex);
    if (state_.keys.count(key.id) > 0) return Err(taken_error("key", "id", key.id));
    if (hash_taken(key)) return Err(taken_error("key", "key", ""));
    state_.keys.emplace(key.id, key);
    changed();
    return {};
}

Result<std::vector<Key>> MemoryKeyStore::list() {
    const std::lock_guard lock(state_.mutex);
    std::vector<Key> keys;
    for (const auto& entry : state_.keys) keys.push_back(entry.second);
    std::stable_sort(keys.begin(), keys.end(),
                     [](const Key& a, const Key& b) { return a.created_at_ms < b.created_at_ms; });
    return keys;
}

Result<std::optional<Key>> MemoryKeyStore::find_by_hash(const Sha256& hash) {
    const std::lock_guard lock(state_.mutex);
    for (const auto& entry : state_.keys) {
        if (entry.second.key_hash == hash) return std::optional<Key>{entry.second};
    }
    return std::optional<Key>{};
}

Result<std::optional<Key>> MemoryKeyStore::select(std::string_view selector) {
    const std::lock_guard lock(state_.mutex);
    std::vector<Handle> handles;
    for (const auto& entry : state_.keys) handles.push_back({entry.first, entry.second.name, {}});
    KG_TRY(id, resolve_selector(handles, selector, "key"));
    if (!id) return std::optional<Key>{};
    return std::optional<Key>{state_.keys.find(*id)->second};
}

Result<bool> MemoryKeyStore::update(std::string_view id, const std::function<bool(Key&)>& change) {
    const std::lock_guard lock(state_.mutex);
    const auto found = state_.keys.find(id);
    if (found == state_.keys.end()) return false;
    Key after = found->second;
    if (!change(after)) return true;
    settle_edit(found->second, after);
    KG_CHECK(check_key(after));
    if (hash_taken(after)) return Err(taken_error("key", "key", ""));
    found->second = std::move(after);
    changed();
    return true;
}

Result<bool> MemoryKeyStore::remove(std::string_view id) {
    const std::lock_guard lock(state_.mutex);
    const auto found = state_.keys.find(id);
    if (found == state_.keys.end()) return false;
    state_.keys.erase(found);
    changed();
    return true;
}

Result<std::uint64_t> MemoryKeyStore::version() {
    const std::lock_guard lock(state_.mutex);
    return state_.keys_version;
}

}  // namespace kg::store::memory
