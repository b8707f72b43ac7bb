#include "core/store/sqlite/response_store.hpp"

#include "core/base/log.hpp"

namespace kg::store::sqlite {
namespace {

/// A sealed text does not open as another one, in another row or for another owner.
std::string context_of(std::string_view what, std::string_view owner, std::string_view id) {
    return std::string("response/").append(what).append("/").append(owner).append("/").append(id);
}

}  // namespace

Result<void> SqliteResponseStore::put(const KeptResponse& response, std::size_t keep_max) {
    const auto sealed = [&](std::string_view what, std::string_view text) {
        return connection_.sealer.seal(text, context_of(what, response.owner, response.id));
    };
    const std::string body = sealed("body", response.body);
    const std::string conversation = sealed("conversation", response.conversation);
    const auto change = [&]() -> Result<void> {
        KG_TRY(insert,
               connection_.db.prepare(
                   "INSERT INTO responses (id, owner, body, conversation, created_at_ms, expires_at_ms)"
                   " VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (id) DO UPDATE SET"
                   " body = excluded.body, conversation = excluded.conversation,"
                   " created_at_ms = excluded.created_at_ms, expires_at_ms = excluded.expires_at_ms"
                   " WHERE owner = excluded.owner"));
        KG_CHECK(insert
                     .bind(response.id, response.owner, body, conversation, response.created_at_ms,
                           response.expires_at_ms)
                     .run());
        KG_TRY(expire, connection_.db.prepare("DELETE FROM responses WHERE expires_at_ms <= ?1"));
        KG_CHECK(expire.bind(response.created_at_ms).run());
        KG_TRY(trim, connection_.db.prepare(
                         "DELETE FROM responses WHERE id IN (SELECT id FROM responses WHERE owner = ?1"
                         " ORDER BY created_at_ms DESC, id DESC LIMIT -1 OFFSET ?2)"));
        return trim.bind(response.owner, static_cast<std::int64_t>(keep_max)).run();
    };
    return write(connection_, change, Durability::process_death);
}

Result<std::optional<KeptResponse>> SqliteResponseStore::find(std::string_view owner, std::string_view id,
                                                              std::int64_t now_ms) {
    const std::lock_guard lock(connection_.mutex);
    KG_TRY(statement,
           connection_.db.prepare("SELECT body, conversation, created_at_ms, expires_at_ms FROM"
                                  " responses WHERE id = ?1 AND owner = ?2 AND expires_at_ms > ?3"));
    KG_TRY(row, statement.bind(id, owner, now_ms).step());
    if (!row) return std::optional<KeptResponse>{};
    auto body = connection_.sealer.unseal(statement.text(0), context_of("body", owner, id));
    auto conversation = connection_.sealer.unseal(statement.text(1), context_of("conversation", owner, id));
    if (!body || !conversation) {
        log::warn("store", "a kept response cannot be unsealed", {{"id", id}});
        return std::optional<KeptResponse>{};
    }
    return std::optional<KeptResponse>{KeptResponse{.id = std::string(id),
                                                    .owner = std::string(owner),
                                                    .body = body->reveal(),
                                                    .conversation = conversation->reveal(),
                                                    .created_at_ms = statement.integer(2),
                                                    .expires_at_ms = statement.integer(3)}};
}

Result<bool> SqliteResponseStore::remove(std::string_view owner, std::string_view id) {
    const auto change = [&]() -> Result<bool> {
        KG_TRY(statement, connection_.db.prepare("DELETE FROM responses WHERE id = ?1 AND owner = ?2"));
        KG_CHECK(statement.bind(id, owner).run());
        return connection_.db.changes() > 0;
    };
    return write(connection_, change, Durability::process_death);
}

Result<std::size_t> SqliteResponseStore::count() {
    const std::lock_guard lock(connection_.mutex);
    KG_TRY(count, connection_.db.query_integer("SELECT count(*) FROM responses"));
    return static_cast<std::size_t>(count);
}

}  // namespace kg::store::sqlite
