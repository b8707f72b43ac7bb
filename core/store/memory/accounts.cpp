#include <algorithm>

#include "core/store/memory/stores.hpp"
#include "core/store/rules.hpp"
#include "core/store/selector.hpp"

namespace kg::store::memory {
namespace {

constexpr std::size_t kRemovedMax = 10'000;

}  // namespace

void MemoryAccountStore::changed(std::string_view id) {
    state_.account_versions[std::string(id)] = ++state_.version;
}

bool MemoryAccountStore::name_taken(const Account& account) const {
    if (account.name.empty()) return false;
    return std::any_of(state_.accounts.begin(), state_.accounts.end(), [&](const auto& entry) {
        return entry.first != account.id && entry.second.name == account.name;
    });
}

Result<void> MemoryAccountStore::add(const Account& account) {
    if (account.id.empty()) return Err(missing_id_error("account"));
    KG_CHECK(check_account(account));
    const std::lock_guard lock(state_.mutex);
    if (state_.accounts.count(account.id) > 0) {
        return Err(taken_error("account", "id", account.id));
    }
    if (name_taken(account)) return Err(taken_error("account", "name", account.name));
    state_.accounts.emplace(account.id, account);
    changed(account.id);
    return {};
}

Result<std::vector<Account>> MemoryAccountStore::list() {
    const std::lock_guard lock(state_.mutex);
    std::vector<Account> accounts;
    for (const auto& entry : state_.accounts) accounts.push_back(entry.second);
    std::stable_sort(accounts.begin(), accounts.end(),
                     [](const Account& a, const Account& b) { return a.created_at_ms < b.created_at_ms; });
    return accounts;
}

Result<AccountChanges> MemoryAccountStore::changes(std::uint64_t version) {
    const std::lock_guard lock(state_.mutex);
    AccountChanges out;
    out.total = state_.accounts.size();
    for (const auto& [id, changed_at] : state_.account_versions) {
        if (changed_at > version) out.changed.push_back(state_.accounts.find(id)->second);
    }
    std::stable_sort(out.changed.begin(), out.changed.end(),
                     [](const Account& a, const Account& b) { return a.created_at_ms < b.created_at_ms; });
    for (const auto& [id, removed_at] : state_.removed_accounts) {
        if (removed_at > version && !state_.accounts.contains(id)) out.removed.push_back(id);
    }
    return out;
}

Result<std::optional<Account>> MemoryAccountStore::find(std::string_view id) {
    const std::lock_guard lock(state_.mutex);
    const auto found = state_.accounts.find(id);
    if (found == state_.accounts.end()) return std::optional<Account>{};
    return std::optional<Account>{found->second};
}

Result<std::optional<Account>> MemoryAccountStore::select(std::string_view selector) {
    const std::lock_guard lock(state_.mutex);
    std::vector<Handle> handles;
    for (const auto& entry : state_.accounts) {
        handles.push_back({entry.first, entry.second.name, entry.second.email});
    }
    KG_TRY(id, resolve_selector(handles, selector, "account"));
    if (!id) return std::optional<Account>{};
    return std::optional<Account>{state_.accounts.find(*id)->second};
}

Result<bool> MemoryAccountStore::update(std::string_view id, const std::function<bool(Account&)>& change) {
    const std::lock_guard lock(state_.mutex);
    const auto found = state_.accounts.find(id);
    if (found == state_.accounts.end()) return false;
    Account after = found->second;
    if (!change(after)) return true;
    settle_edit(found->second, after);
    KG_CHECK(check_account(after));
    if (name_taken(after)) return Err(taken_error("account", "name", after.name));
    found->second = std::move(after);
    changed(id);
    return true;
}

Result<bool> MemoryAccountStore::remove(std::string_view id) {
    const std::lock_guard lock(state_.mutex);
    const auto found = state_.accounts.find(id);
    if (found == state_.accounts.end()) return false;
    state_.leases.erase(found->first);
    state_.account_versions.erase(found->first);
    state_.accounts.erase(found);
    state_.removed_accounts.emplace_back(id, ++state_.version);
    if (state_.removed_accounts.size() > kRemovedMax) state_.removed_accounts.pop_front();
    return true;
}

Result<bool> MemoryAccountStore::save_tokens(std::string_view id, std::uint64_t expected_generation,
                                             const Secret& access_token, const Secret& refresh_token,
                                             std::int64_t expires_at_ms, std::string_view profile_arn,
                                             std::int64_t now_ms) {
    const std::lock_guard lock(state_.mutex);
    const auto found = state_.accounts.find(id);
    if (found == state_.accounts.end()) return false;
    Account& account = found->second;
    if (account.token_generation != expected_generation) return false;
    account.access_token = access_token;
    if (!refresh_token.empty()) account.refresh_token = refresh_token;
    account.expires_at_ms = expires_at_ms;
    if (!profile_arn.empty()) account.profile_arn = profile_arn;
    account.last_refreshed_at_ms = now_ms;
    ++account.token_generation;
    changed(id);
    return true;
}

Result<bool> MemoryAccountStore::set_state(std::string_view id, std::string_view state,
                                           std::string_view reason, std::int64_t since_ms,
                                           std::int64_t until_ms) {
    const std::lock_guard lock(state_.mutex);
    const auto found = state_.accounts.find(id);
    if (found == state_.accounts.end()) return false;
    Account& account = found->second;
    account.state = state;
    account.state_reason = reason;
    account.state_since_ms = since_ms;
    account.state_until_ms = until_ms;
    changed(id);
    return true;
}

Result<void> MemoryAccountStore::save_health(const std::vector<AccountHealth>& batch) {
    const std::lock_guard lock(state_.mutex);
    for (const auto& item : batch) {
        const auto found = state_.accounts.find(item.id);
        if (found == state_.accounts.end()) continue;
        found->second.health = item.health;
        found->second.health_at_ms = item.at_ms;
        if (item.quota) found->second.quota = item.quota;
    }
    return {};
}

Result<bool> MemoryAccountStore::claim_refresh(std::string_view id, std::string_view holder,
                                               std::int64_t now_ms, std::int64_t ttl_ms) {
    const std::lock_guard lock(state_.mutex);
    if (state_.accounts.find(id) == state_.accounts.end()) return false;
    Lease& lease = state_.leases[std::string(id)];
    const bool free = lease.holder.empty() || lease.holder == holder || lease.until_ms <= now_ms ||
                      lease.since_ms > now_ms + kLeaseClockSlackMs;
    if (free) lease = Lease{std::string(holder), now_ms, now_ms + ttl_ms};
    return free;
}

Result<void> MemoryAccountStore::release_refresh(std::string_view id, std::string_view holder) {
    const std::lock_guard lock(state_.mutex);
    const auto found = state_.leases.find(id);
    if (found != state_.leases.end() && found->second.holder == holder) state_.leases.erase(found);
    return {};
}

}  // namespace kg::store::memory
