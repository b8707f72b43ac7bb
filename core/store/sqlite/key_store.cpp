#include "core/store/sqlite/key_store.hpp"

#include <algorithm>

#include "core/store/rules.hpp"
#include "core/store/selector.hpp"
#include "core/store/sqlite/text_list.hpp"

namespace kg::store::sqlite {
namespace {

/// All in the order of the table: bind() in store() and read_key() follow it.
const std::string kSelect =
    "SELECT id, name, key_hash, prefix, suffix, enabled, allowed_models, allowed_accounts,"
    " credit_limit, expires_at_ms, requests_per_minute, created_at_ms, last_used_at_ms,"
    " credits_used, requests, denied_models, allowed_networks, token_limit,"
    " credits_per_day, tokens_per_day, credits_per_week, tokens_per_week, credits_per_month,"
    " tokens_per_month, time_zone, request_burst, tokens_per_minute, streams_max, system_prepend,"
    " system_append, thinking, strict, old_key_hash, old_key_until_ms, tokens_used,"
    " allowed_groups, compression, web_search FROM keys";
const std::string kInsert =
    "INSERT INTO keys VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
const std::string kUpdate =
    "UPDATE keys SET name = ?2, key_hash = ?3, prefix = ?4, suffix = ?5, enabled = ?6,"
    " allowed_models = ?7, allowed_accounts = ?8, credit_limit = ?9, expires_at_ms = ?10,"
    " requests_per_minute = ?11, created_at_ms = ?12, last_used_at_ms = ?13, credits_used = ?14,"
    " requests = ?15, denied_models = ?16, allowed_networks = ?17, token_limit = ?18,"
    " credits_per_day = ?19, tokens_per_day = ?20, credits_per_week = ?21, tokens_per_week = ?22,"
    " credits_per_month = ?23, tokens_per_month = ?24, time_zone = ?25, request_burst = ?26,"
    " tokens_per_minute = ?27, streams_max = ?28, system_prepend = ?29, system_append = ?30,"
    " thinking = ?31, strict = ?32, old_key_hash = ?33, old_key_until_ms = ?34, tokens_used = ?35,"
    " allowed_groups = ?36, compression = ?37, web_search = ?38 WHERE id = ?1";

Result<void> read_hash(const std::string& bytes, const std::string& key_id, Sha256& out) {
    if (bytes.size() != out.size()) {
        return Err(
            Error{.kind = ErrorKind::store_failed,
                  .message = "the database is damaged: the hash of key " + key_id + " has the wrong size"});
    }
    std::copy(bytes.begin(), bytes.end(), out.begin());
    return {};
}

Result<Key> read_key(const Statement& row) {
    Key key;
    key.id = row.text(0);
    key.name = row.text(1);
    KG_CHECK(read_hash(row.text(2), key.id, key.key_hash));
    key.prefix = row.text(3);
    key.suffix = row.text(4);
    key.enabled = row.integer(5) != 0;
    KG_TRY(models, read_list(row.text(6), "key " + key.id));
    KG_TRY(accounts, read_list(row.text(7), "key " + key.id));
    key.allowed_models = std::move(models);
    key.allowed_accounts = std::move(accounts);
    key.credit_limit = row.optional_real(8);
    key.expires_at_ms = row.optional_integer(9);
    key.requests_per_minute = row.optional_integer(10);
    key.created_at_ms = row.integer(11);
    key.last_used_at_ms = row.integer(12);
    key.credits_used = row.real(13);
    key.requests = row.integer(14);
    KG_TRY(denied, read_list(row.text(15), "key " + key.id));
    KG_TRY(networks, read_list(row.text(16), "key " + key.id));
    key.denied_models = std::move(denied);
    key.allowed_networks = std::move(networks);
    key.token_limit = row.optional_integer(17);
    int column = 18;
    for (Quota& quota : key.quotas) {
        quota.credits = row.optional_real(column++);
        quota.tokens = row.optional_integer(column++);
    }
    key.time_zone = row.text(24);
    key.request_burst = row.optional_integer(25);
    key.tokens_per_minute = row.optional_integer(26);
    key.streams_max = row.optional_integer(27);
    key.system_prepend = row.text(28);
    key.system_append = row.text(29);
    key.thinking = row.text(30);
    key.strict = row.integer(31) != 0;
    KG_CHECK(read_hash(row.text(32), key.id, key.old_key_hash));
    key.old_key_until_ms = row.integer(33);
    key.tokens_used = row.integer(34);
    KG_TRY(groups, read_list(row.text(35), "key " + key.id));
    key.allowed_groups = std::move(groups);
    key.compression = row.text(36);
    key.web_search = row.text(37);
    return key;
}

Result<std::optional<Key>> read_one(Statement& statement) {
    KG_TRY(row, statement.step());
    if (!row) return std::optional<Key>{};
    KG_TRY(key, read_key(statement));
    return std::optional<Key>{std::move(key)};
}

}  // namespace

Result<void> SqliteKeyStore::add(const Key& key) {
    if (key.id.empty()) return Err(missing_id_error("key"));
    KG_CHECK(check_key(key));
    return write(connection_, [&] { return store(kInsert, key); });
}

Result<void> SqliteKeyStore::store(const std::string& sql, const Key& key) {
    KG_TRY(statement, connection_.db.prepare(sql));
    statement.bind(
        key.id, key.name, key.key_hash, key.prefix, key.suffix, key.enabled, write_list(key.allowed_models),
        write_list(key.allowed_accounts), key.credit_limit, key.expires_at_ms, key.requests_per_minute,
        key.created_at_ms, key.last_used_at_ms, key.credits_used, key.requests, write_list(key.denied_models),
        write_list(key.allowed_networks), key.token_limit, key.quotas[0].credits, key.quotas[0].tokens,
        key.quotas[1].credits, key.quotas[1].tokens, key.quotas[2].credits, key.quotas[2].tokens,
        key.time_zone, key.request_burst, key.tokens_per_minute, key.streams_max, key.system_prepend,
        key.system_append, key.thinking, key.strict, key.old_key_hash, key.old_key_until_ms, key.tokens_used,
        write_list(key.allowed_groups), key.compression, key.web_search);
    auto stored = statement.run();
    if (stored) return {};
    switch (connection_.db.last_conflict()) {
        case Database::Conflict::primary_key: return Err(taken_error("key", "id", key.id));
        case Database::Conflict::unique: return Err(taken_error("key", "key", ""));
        case Database::Conflict::none: break;
    }
    return stored;
}

Result<std::vector<Key>> SqliteKeyStore::list() {
    static const std::string sql = kSelect + " ORDER BY created_at_ms, id";
    const std::lock_guard lock(connection_.mutex);
    KG_TRY(statement, connection_.db.prepare(sql));
    std::vector<Key> keys;
    for (;;) {
        KG_TRY(key, read_one(statement));
        if (!key) return keys;
        keys.push_back(std::move(*key));
    }
}

Result<std::optional<Key>> SqliteKeyStore::read(std::string_view id) {
    static const std::string sql = kSelect + " WHERE id = ?1";
    KG_TRY(statement, connection_.db.prepare(sql));
    return read_one(statement.bind(id));
}

Result<std::optional<Key>> SqliteKeyStore::find_by_hash(const Sha256& hash) {
    static const std::string sql = kSelect + " WHERE key_hash = ?1";
    const std::lock_guard lock(connection_.mutex);
    KG_TRY(statement, connection_.db.prepare(sql));
    return read_one(statement.bind(hash));
}

Result<std::optional<Key>> SqliteKeyStore::select(std::string_view selector) {
    const std::lock_guard lock(connection_.mutex);
    std::vector<Handle> handles;
    {
        KG_TRY(statement, connection_.db.prepare("SELECT id, name FROM keys ORDER BY id"));
        for (;;) {
            KG_TRY(row, statement.step());
            if (!row) break;
            handles.push_back({statement.text(0), statement.text(1), {}});
        }
    }
    KG_TRY(id, resolve_selector(handles, selector, "key"));
    if (!id) return std::optional<Key>{};
    return read(*id);
}

Result<bool> SqliteKeyStore::update(std::string_view id, const std::function<bool(Key&)>& change) {
    return write(connection_, [&]() -> Result<bool> {
        KG_TRY(before, read(id));
        if (!before) return false;
        Key after = *before;
        if (!change(after)) return true;
        settle_edit(*before, after);
        KG_CHECK(check_key(after));
        KG_CHECK(store(kUpdate, after));
        return true;
    });
}

Result<bool> SqliteKeyStore::remove(std::string_view id) {
    return write(connection_, [&]() -> Result<bool> {
        KG_TRY(statement, connection_.db.prepare("DELETE FROM keys WHERE id = ?1"));
        KG_CHECK(statement.bind(id).run());
        return connection_.db.changes() > 0;
    });
}

Result<std::uint64_t> SqliteKeyStore::version() {
    const std::lock_guard lock(connection_.mutex);
    KG_TRY(version, connection_.db.query_integer("SELECT keys_version FROM meta WHERE id = 1"));
    return static_cast<std::uint64_t>(version);
}

}  // namespace kg::store::sqlite
