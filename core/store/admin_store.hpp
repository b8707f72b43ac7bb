#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/digest.hpp"
#include "core/base/result.hpp"

namespace kg::store {

/// A signed-in browser. The token itself is never stored.
struct AdminSession {
    Sha256 token_hash{};
    std::int64_t created_at_ms = 0;
    std::int64_t used_at_ms = 0;  // to a minute
    std::int64_t expires_at_ms = 0;
    std::string address;
    std::string agent;  // what the browser calls itself, shortened
};

/// What a script shows instead of the admin password. The token itself is never stored.
struct AdminToken {
    std::string id;    // "adm_" + 22 base62 characters
    std::string name;  // unique
    Sha256 token_hash{};
    std::string prefix;  // for display
    bool read_only = false;
    std::int64_t created_at_ms = 0;
    std::optional<std::int64_t> expires_at_ms;
};

/// One change somebody made.
struct AuditEntry {
    std::int64_t seq = 0;  // given by the store
    std::int64_t at_ms = 0;
    std::string actor;  // "session", "token:NAME", "password", "operator"
    std::string address;
    std::string action;  // "account.update"
    std::string target;  // an id, or ""
    std::string detail;  // a JSON object: names of fields, old and new values; never a secret
    std::string request_id;
};

struct AuditQuery {
    std::string actor, action, target;    // "" lets everything pass; action also as a prefix "account."
    std::int64_t from_ms = 0, to_ms = 0;  // 0: no bound
    std::int64_t before_seq = 0;          // 0: from the newest
    std::size_t limit = 100;
};
bool passes(const AuditQuery& query, const AuditEntry& entry);
struct AuditPage {
    std::vector<AuditEntry> entries;       // newest first
    std::optional<std::int64_t> next_seq;  // before_seq of the next page; nothing: that was all
};
inline constexpr std::int64_t kAuditLookedAtMax = 10'000;

/// Who may run the gateway, and what they did. Verbs as in store.hpp: atomic, durable, blocking.
class AdminStore {
  public:
    virtual ~AdminStore() = default;
    /// Adds or replaces by hash; then the longest unused beyond `keep_max`, and what expired before
    /// this one was used, are gone.
    virtual Result<void> put_session(const AdminSession& session, std::size_t keep_max) = 0;
    virtual Result<std::vector<AdminSession>> sessions() = 0;
    virtual Result<bool> remove_session(const Sha256& token_hash) = 0;
    virtual Result<void> remove_sessions() = 0;  // every one
    /// malformed_request, with the field in `param`, when id, name or hash is taken.
    virtual Result<void> add_token(const AdminToken& token) = 0;
    virtual Result<std::vector<AdminToken>> tokens() = 0;  // by creation
    virtual Result<bool> remove_token(std::string_view id) = 0;
    /// In one transaction: what one request did, however much it is.
    virtual Result<void> audit(std::span<const AuditEntry> entries) = 0;
    /// Looks at 10,000 entries at most: a page may be short, or empty, and yet have a next one.
    virtual Result<AuditPage> audit_log(const AuditQuery& query) = 0;
    virtual Result<void> prune_audit(std::size_t keep_rows) = 0;
};

}  // namespace kg::store
