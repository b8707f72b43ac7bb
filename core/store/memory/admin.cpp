#include <algorithm>

#include "core/store/memory/stores.hpp"
#include "core/store/rules.hpp"

namespace kg::store::memory {

Result<void> MemoryAdminStore::put_session(const AdminSession& session, std::size_t keep_max) {
    const std::lock_guard lock(state_.mutex);
    auto [known, fresh] = state_.admin_sessions.try_emplace(session.token_hash, session);
    if (!fresh) {
        known->second.used_at_ms = session.used_at_ms;
        known->second.expires_at_ms = session.expires_at_ms;
    }
    std::erase_if(state_.admin_sessions,
                  [&](const auto& entry) { return entry.second.expires_at_ms <= session.used_at_ms; });
    while (state_.admin_sessions.size() > keep_max) {
        state_.admin_sessions.erase(std::ranges::min_element(state_.admin_sessions, {}, [](const auto& e) {
            return std::pair(e.second.used_at_ms, e.second.created_at_ms);
        }));
    }
    return {};
}

Result<std::vector<AdminSession>> MemoryAdminStore::sessions() {
    const std::lock_guard lock(state_.mutex);
    std::vector<AdminSession> out;
    for (const auto& entry : state_.admin_sessions) out.push_back(entry.second);
    std::ranges::stable_sort(out, {}, &AdminSession::created_at_ms);
    return out;
}

Result<bool> MemoryAdminStore::remove_session(const Sha256& token_hash) {
    const std::lock_guard lock(state_.mutex);
    return state_.admin_sessions.erase(token_hash) > 0;
}

Result<void> MemoryAdminStore::remove_sessions() {
    const std::lock_guard lock(state_.mutex);
    state_.admin_sessions.clear();
    return {};
}

Result<void> MemoryAdminStore::add_token(const AdminToken& token) {
    const std::lock_guard lock(state_.mutex);
    for (const auto& known : state_.admin_tokens) {
        if (known.id == token.id) return Err(taken_error("admin token", "id", token.id));
        if (known.name == token.name) return Err(taken_error("admin token", "name", token.name));
        if (known.token_hash == token.token_hash) return Err(taken_error("admin token", "token", ""));
    }
    state_.admin_tokens.push_back(token);
    return {};
}

Result<std::vector<AdminToken>> MemoryAdminStore::tokens() {
    const std::lock_guard lock(state_.mutex);
    return state_.admin_tokens;
}

Result<bool> MemoryAdminStore::remove_token(std::string_view id) {
    const std::lock_guard lock(state_.mutex);
    return std::erase_if(state_.admin_tokens, [&](const AdminToken& token) { return token.id == id; }) > 0;
}

Result<void> MemoryAdminStore::audit(std::span<const AuditEntry> entries) {
    const std::lock_guard lock(state_.mutex);
    for (const auto& entry : entries) {
        state_.audit.push_back(entry);
        state_.audit.back().seq = ++state_.audit_seq;
    }
    return {};
}

Result<AuditPage> MemoryAdminStore::audit_log(const AuditQuery& query) {
    const std::lock_guard lock(state_.mutex);
    AuditPage out;
    std::int64_t looked_at = 0;
    for (auto it = state_.audit.rbegin(); it != state_.audit.rend(); ++it) {
        if (query.before_seq != 0 && it->seq >= query.before_seq) continue;
        if (out.entries.size() == query.limit || looked_at++ == kAuditLookedAtMax) {
            out.next_seq = it->seq + 1;
            return out;
        }
        if (passes(query, *it)) out.entries.push_back(*it);
    }
    return out;
}

Result<void> MemoryAdminStore::prune_audit(std::size_t keep_rows) {
    const std::lock_guard lock(state_.mutex);
    while (state_.audit.size() > keep_rows) state_.audit.pop_front();
    return {};
}

}  // namespace kg::store::memory
