#include "core/store/sqlite/account_store.hpp"

#include "core/store/rules.hpp"
#include "core/store/selector.hpp"
#include "core/store/sqlite/account_row.hpp"

namespace kg::store::sqlite {

Result<void> SqliteAccountStore::add(const Account& account) {
    if (account.id.empty()) return Err(missing_id_error("account"));
    KG_CHECK(check_account(account));
    return write(connection_, [&] { return store(account_insert_sql(), account); });
}

Result<void> SqliteAccountStore::store(const std::string& sql, const Account& account) {
    KG_TRY(statement, connection_.db.prepare(sql));
    bind_account(statement, account, connection_.sealer);
    auto stored = statement.run();
    if (stored) return {};
    switch (connection_.db.last_conflict()) {
        case Database::Conflict::primary_key: return Err(taken_error("account", "id", account.id));
        case Database::Conflict::unique: return Err(taken_error("account", "name", account.name));
        case Database::Conflict::none: break;
    }
    return stored;
}

Result<std::vector<Account>> SqliteAccountStore::list() {
    static const std::string sql = account_select_sql() + " ORDER BY created_at_ms, id";
    const std::lock_guard lock(connection_.mutex);
    KG_TRY(statement, connection_.db.prepare(sql));
    std::vector<Account> accounts;
    for (;;) {
        KG_TRY(row, statement.step());
        if (!row) return accounts;
        KG_TRY(account, read_account(statement, connection_.sealer));
        accounts.push_back(std::move(account));
    }
}

Result<AccountChanges> SqliteAccountStore::changes(std::uint64_t version) {
    static const std::string sql = account_select_sql() + " WHERE changed_at > ?1 ORDER BY created_at_ms, id";
    const std::lock_guard lock(connection_.mutex);
    // One snapshot for the three questions.
    KG_CHECK(connection_.db.execute("BEGIN"));
    auto changes = read_changes(sql, version);
    KG_CHECK(connection_.db.execute("COMMIT"));
    return changes;
}

Result<AccountChanges> SqliteAccountStore::read_changes(const std::string& sql, std::uint64_t version) {
    AccountChanges out;
    {
        KG_TRY(statement, connection_.db.prepare(sql));
        statement.bind(version);
        for (;;) {
            KG_TRY(row, statement.step());
            if (!row) break;
            KG_TRY(account, read_account(statement, connection_.sealer));
            out.changed.push_back(std::move(account));
        }
    }
    {
        KG_TRY(statement, connection_.db.prepare("SELECT id FROM accounts_removed WHERE removed_at > ?1"
                                                 " AND id NOT IN (SELECT id FROM accounts)"));
        statement.bind(version);
        for (;;) {
            KG_TRY(row, statement.step());
            if (!row) break;
            out.removed.push_back(statement.text(0));
        }
    }
    KG_TRY(total, connection_.db.query_integer("SELECT count(*) FROM accounts"));
    out.total = static_cast<std::size_t>(total);
    return out;
}

Result<std::optional<Account>> SqliteAccountStore::read(std::string_view id) {
    static const std::string sql = account_select_sql() + " WHERE id = ?1";
    KG_TRY(statement, connection_.db.prepare(sql));
    KG_TRY(row, statement.bind(id).step());
    if (!row) return std::optional<Account>{};
    KG_TRY(account, read_account(statement, connection_.sealer));
    return std::optional<Account>{std::move(account)};
}

Result<std::optional<Account>> SqliteAccountStore::find(std::string_view id) {
    const std::lock_guard lock(connection_.mutex);
    return read(id);
}

Result<std::optional<Account>> SqliteAccountStore::select(std::string_view selector) {
    const std::lock_guard lock(connection_.mutex);
    std::vector<Handle> handles;
    {
        KG_TRY(statement, connection_.db.prepare("SELECT id, name, email FROM accounts ORDER BY id"));
        for (;;) {
            KG_TRY(row, statement.step());
            if (!row) break;
            handles.push_back({statement.text(0), statement.text(1), statement.text(2)});
        }
    }
    KG_TRY(id, resolve_selector(handles, selector, "account"));
    if (!id) return std::optional<Account>{};
    return read(*id);
}

Result<bool> SqliteAccountStore::update(std::string_view id, const std::function<bool(Account&)>& change) {
    return write(connection_, [&]() -> Result<bool> {
        KG_TRY(before, read(id));
        if (!before) return false;
        Account after = *before;
        if (!change(after)) return true;
        settle_edit(*before, after);
        KG_CHECK(check_account(after));
        KG_CHECK(store(account_update_sql(), after));
        return true;
    });
}

Result<bool> SqliteAccountStore::remove(std::string_view id) {
    return write(connection_, [&]() -> Result<bool> {
        KG_TRY(statement, connection_.db.prepare("DELETE FROM accounts WHERE id = ?1"));
        KG_CHECK(statement.bind(id).run());
        return connection_.db.changes() > 0;
    });
}

Result<bool> SqliteAccountStore::save_tokens(std::string_view id, std::uint64_t expected_generation,
                                             const Secret& access_token, const Secret& refresh_token,
                                             std::int64_t expires_at_ms, std::string_view profile_arn,
                                             std::int64_t now_ms) {
    const auto access = sealed(connection_.sealer, access_token, id, "access_token");
    const auto refresh = sealed(connection_.sealer, refresh_token, id, "refresh_token");
    return write(connection_, [&]() -> Result<bool> {
        KG_TRY(statement, connection_.db.prepare(
                              "UPDATE accounts SET access_token = ?3,"
                              " refresh_token = iif(?4 = '', refresh_token, ?4), expires_at_ms = ?5,"
                              " profile_arn = iif(?6 = '', profile_arn, ?6), last_refreshed_at_ms = ?7,"
                              " token_generation = token_generation + 1"
                              " WHERE id = ?1 AND token_generation = ?2"));
        statement.bind(id, expected_generation, access, refresh, expires_at_ms, profile_arn, now_ms);
        KG_CHECK(statement.run());
        return connection_.db.changes() > 0;
    });
}

Result<bool> SqliteAccountStore::set_state(std::string_view id, std::string_view state,
                                           std::string_view reason, std::int64_t since_ms,
                                           std::int64_t until_ms) {
    return write(connection_, [&]() -> Result<bool> {
        KG_TRY(statement, connection_.db.prepare("UPDATE accounts SET state = ?2, state_reason = ?3,"
                                                 " state_since_ms = ?4, state_until_ms = ?5 WHERE id = ?1"));
        KG_CHECK(statement.bind(id, state, reason, since_ms, until_ms).run());
        return connection_.db.changes() > 0;
    });
}

Result<void> SqliteAccountStore::save_health(const std::vector<AccountHealth>& batch) {
    if (batch.empty()) return {};
    const auto body = [&]() -> Result<void> {
        for (const auto& item : batch) {
            {
                KG_TRY(statement, connection_.db.prepare(
                                      "UPDATE accounts SET health = ?2, health_at_ms = ?3 WHERE id = ?1"));
                KG_CHECK(statement.bind(item.id, item.health, item.at_ms).run());
            }
            if (!item.quota) continue;
            KG_TRY(statement,
                   connection_.db.prepare("UPDATE accounts SET quota_limit = ?2, quota_used = ?3,"
                                          " quota_resets_at_ms = ?4, quota_told_at_ms = ?5, quota_plan = ?6"
                                          " WHERE id = ?1"));
            const auto& q = *item.quota;
            KG_CHECK(statement.bind(item.id, q.limit, q.used, q.resets_at_ms, q.told_at_ms, q.plan).run());
        }
        return {};
    };
    return write(connection_, body, Durability::process_death);
}

Result<bool> SqliteAccountStore::claim_refresh(std::string_view id, std::string_view holder,
                                               std::int64_t now_ms, std::int64_t ttl_ms) {
    return write(connection_, [&]() -> Result<bool> {
        KG_TRY(statement, connection_.db.prepare(
                              "UPDATE accounts SET refresh_holder = ?2, refresh_since_ms = ?3,"
                              " refresh_until_ms = ?4 WHERE id = ?1 AND (refresh_holder = '' OR"
                              " refresh_holder = ?2 OR refresh_until_ms <= ?3 OR refresh_since_ms > ?5)"));
        statement.bind(id, holder, now_ms, now_ms + ttl_ms, now_ms + kLeaseClockSlackMs);
        KG_CHECK(statement.run());
        return connection_.db.changes() > 0;
    });
}

Result<void> SqliteAccountStore::release_refresh(std::string_view id, std::string_view holder) {
    return write(connection_, [&]() -> Result<void> {
        KG_TRY(statement,
               connection_.db.prepare("UPDATE accounts SET refresh_holder = '', refresh_since_ms = 0,"
                                      " refresh_until_ms = 0 WHERE id = ?1 AND refresh_holder = ?2"));
        return statement.bind(id, holder).run();
    });
}

}  // namespace kg::store::sqlite
