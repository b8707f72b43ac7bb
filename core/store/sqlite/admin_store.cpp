#include "core/store/sqlite/admin_store.hpp"

#include <cstring>

#include "core/store/rules.hpp"

namespace kg::store::sqlite {
namespace {

/// A damaged hash matches no token.
Sha256 read_hash(const std::string& blob) {
    Sha256 out{};
    if (blob.size() == out.size()) std::memcpy(out.data(), blob.data(), out.size());
    return out;
}

}  // namespace

Result<void> SqliteAdminStore::put_session(const AdminSession& s, std::size_t keep_max) {
    return write(connection_, [&]() -> Result<void> {
        KG_TRY(insert, connection_.db.prepare(
                           "INSERT INTO admin_sessions (token_hash, created_at_ms, used_at_ms, expires_at_ms,"
                           " address, agent) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (token_hash)"
                           " DO UPDATE SET used_at_ms = excluded.used_at_ms,"
                           " expires_at_ms = excluded.expires_at_ms"));
        KG_CHECK(insert.bind(s.token_hash, s.created_at_ms, s.used_at_ms, s.expires_at_ms, s.address, s.agent)
                     .run());
        KG_TRY(expire, connection_.db.prepare("DELETE FROM admin_sessions WHERE expires_at_ms <= ?1"));
        KG_CHECK(expire.bind(s.used_at_ms).run());
        KG_TRY(trim, connection_.db.prepare(
                         "DELETE FROM admin_sessions WHERE token_hash IN (SELECT token_hash FROM"
                         " admin_sessions ORDER BY used_at_ms DESC, created_at_ms DESC LIMIT -1 OFFSET ?1)"));
        return trim.bind(keep_max).run();
    });
}

Result<std::vector<AdminSession>> SqliteAdminStore::sessions() {
    const std::lock_guard lock(connection_.mutex);
    KG_TRY(row, connection_.db.prepare("SELECT token_hash, created_at_ms, used_at_ms, expires_at_ms, address,"
                                       " agent FROM admin_sessions ORDER BY created_at_ms, token_hash"));
    std::vector<AdminSession> out;
    for (;;) {
        KG_TRY(more, row.step());
        if (!more) return out;
        out.push_back({.token_hash = read_hash(row.text(0)),
                       .created_at_ms = row.integer(1),
                       .used_at_ms = row.integer(2),
                       .expires_at_ms = row.integer(3),
                       .address = row.text(4),
                       .agent = row.text(5)});
    }
}

Result<bool> SqliteAdminStore::remove_session(const Sha256& token_hash) {
    return write(connection_, [&]() -> Result<bool> {
        KG_TRY(statement, connection_.db.prepare("DELETE FROM admin_sessions WHERE token_hash = ?1"));
        KG_CHECK(statement.bind(token_hash).run());
        return connection_.db.changes() > 0;
    });
}

Result<void> SqliteAdminStore::remove_sessions() {
    return write(connection_, [&]() -> Result<void> {
        KG_TRY(statement, connection_.db.prepare("DELETE FROM admin_sessions"));
        return statement.run();
    });
}

Result<void> SqliteAdminStore::add_token(const AdminToken& t) {
    return write(connection_, [&]() -> Result<void> {
        KG_TRY(taken, connection_.db.prepare("SELECT id = ?1, name = ?2 FROM admin_tokens"
                                             " WHERE id = ?1 OR name = ?2 OR token_hash = ?3"));
        KG_TRY(found, taken.bind(t.id, t.name, t.token_hash).step());
        if (found) {
            if (taken.integer(0) != 0) return Err(taken_error("admin token", "id", t.id));
            if (taken.integer(1) != 0) return Err(taken_error("admin token", "name", t.name));
            return Err(taken_error("admin token", "token", ""));
        }
        KG_TRY(insert, connection_.db.prepare(
                           "INSERT INTO admin_tokens (id, name, token_hash, prefix, read_only, created_at_ms,"
                           " expires_at_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"));
        return insert
            .bind(t.id, t.name, t.token_hash, t.prefix, t.read_only, t.created_at_ms, t.expires_at_ms)
            .run();
    });
}

Result<std::vector<AdminToken>> SqliteAdminStore::tokens() {
    const std::lock_guard lock(connection_.mutex);
    KG_TRY(row, connection_.db.prepare("SELECT id, name, token_hash, prefix, read_only, created_at_ms,"
                                       " expires_at_ms FROM admin_tokens ORDER BY created_at_ms, id"));
    std::vector<AdminToken> out;
    for (;;) {
        KG_TRY(more, row.step());
        if (!more) return out;
        out.push_back({.id = row.text(0),
                       .name = row.text(1),
                       .token_hash = read_hash(row.text(2)),
                       .prefix = row.text(3),
                       .read_only = row.integer(4) != 0,
                       .created_at_ms = row.integer(5),
                       .expires_at_ms = row.optional_integer(6)});
    }
}

Result<bool> SqliteAdminStore::remove_token(std::string_view id) {
    return write(connection_, [&]() -> Result<bool> {
        KG_TRY(statement, connection_.db.prepare("DELETE FROM admin_tokens WHERE id = ?1"));
        KG_CHECK(statement.bind(id).run());
        return connection_.db.changes() > 0;
    });
}

Result<void> SqliteAdminStore::audit(std::span<const AuditEntry> entries) {
    return write(connection_, [&]() -> Result<void> {
        for (const auto& e : entries) {
            KG_TRY(insert, connection_.db.prepare(
                               "INSERT INTO audit (at_ms, actor, address, action, target, detail, request_id)"
                               " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"));
            KG_CHECK(
                insert.bind(e.at_ms, e.actor, e.address, e.action, e.target, e.detail, e.request_id).run());
        }
        return {};
    });
}

Result<AuditPage> SqliteAdminStore::audit_log(const AuditQuery& query) {
    const std::lock_guard lock(connection_.mutex);
    KG_TRY(row, connection_.db.prepare(
                    "SELECT seq, at_ms, actor, address, action, target, detail, request_id FROM audit"
                    " WHERE (?1 = 0 OR seq < ?1) ORDER BY seq DESC"));
    row.bind(query.before_seq);
    AuditPage out;
    for (std::int64_t looked_at = 0;; ++looked_at) {
        KG_TRY(more, row.step());
        if (!more) return out;
        const auto seq = row.integer(0);
        if (out.entries.size() == query.limit || looked_at == kAuditLookedAtMax) {
            out.next_seq = seq + 1;
            return out;
        }
        // Before anything is copied.
        if (!query.target.empty() && row.view(5) != query.target) continue;
        if (!query.actor.empty() && row.view(2) != query.actor) continue;
        AuditEntry entry{.seq = seq,
                         .at_ms = row.integer(1),
                         .actor = row.text(2),
                         .address = row.text(3),
                         .action = row.text(4),
                         .target = row.text(5),
                         .detail = row.text(6),
                         .request_id = row.text(7)};
        if (passes(query, entry)) out.entries.push_back(std::move(entry));
    }
}

Result<void> SqliteAdminStore::prune_audit(std::size_t keep_rows) {
    return write(
        connection_,
        [&]() -> Result<void> {
            KG_TRY(statement, connection_.db.prepare(
                                  "DELETE FROM audit WHERE seq <= (SELECT seq FROM audit ORDER BY seq DESC"
                                  " LIMIT 1 OFFSET ?1)"));
            return statement.bind(keep_rows).run();
        },
        Durability::process_death);
}

}  // namespace kg::store::sqlite
