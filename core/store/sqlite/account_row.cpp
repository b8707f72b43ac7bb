#include "core/store/sqlite/account_row.hpp"

#include <array>
#include <cassert>

#include "core/store/sqlite/text_list.hpp"

namespace kg::store::sqlite {
namespace {

template <class T>
struct Column {
    const char* name;
    T Account::*field;
};

constexpr auto kTexts = std::to_array<Column<std::string>>({
    {"id", &Account::id},
    {"name", &Account::name},
    {"email", &Account::email},
    {"auth_method", &Account::auth_method},
    {"provider", &Account::provider},
    {"client_id", &Account::client_id},
    {"token_endpoint", &Account::token_endpoint},
    {"scopes", &Account::scopes},
    {"start_url", &Account::start_url},
    {"auth_region", &Account::auth_region},
    {"api_region", &Account::api_region},
    {"profile_arn", &Account::profile_arn},
    {"machine_id", &Account::machine_id},
    {"note", &Account::note},
    {"source", &Account::source},
    {"follow_path", &Account::follow_path},
    {"state", &Account::state},
    {"state_reason", &Account::state_reason},
});

constexpr auto kSecrets = std::to_array<Column<Secret>>({
    {"access_token", &Account::access_token},
    {"refresh_token", &Account::refresh_token},
    {"client_secret", &Account::client_secret},
    {"api_key", &Account::api_key},
});

constexpr auto kNumbers = std::to_array<Column<std::int64_t>>({
    {"expires_at_ms", &Account::expires_at_ms},
    {"priority", &Account::priority},
    {"weight", &Account::weight},
    {"max_concurrency", &Account::max_concurrency},
    {"health", &Account::health},
    {"health_at_ms", &Account::health_at_ms},
    {"state_since_ms", &Account::state_since_ms},
    {"state_until_ms", &Account::state_until_ms},
    {"created_at_ms", &Account::created_at_ms},
    {"last_used_at_ms", &Account::last_used_at_ms},
    {"last_refreshed_at_ms", &Account::last_refreshed_at_ms},
});

/// Columns with a type of their own, after the tables; bind and read name them in this order.
constexpr auto kOthers =
    std::to_array<const char*>({"proxy", "enabled", "token_generation", "group_names", "tags", "quota_limit",
                                "quota_used", "quota_resets_at_ms", "quota_told_at_ms", "requests_per_minute",
                                "request_burst", "tokens_per_minute", "quota_plan"});

/// Calls `add` with every column's name in the one order.
template <class Add>
void for_each_column(Add add) {
    for (const auto& column : kTexts) add(column.name);
    for (const auto& column : kSecrets) add(column.name);
    for (const auto& column : kNumbers) add(column.name);
    for (const char* name : kOthers) add(name);
}

std::string joined(bool with_placeholder) {
    std::string out;
    int number = 0;
    for_each_column([&](const char* name) {
        if (number++ > 0) out += ", ";
        out += name;
        if (with_placeholder) out.append(" = ?").append(std::to_string(number));
    });
    return out;
}

std::string placeholders() {
    std::string out;
    for_each_column([&](const char*) { out += out.empty() ? "?" : ", ?"; });
    return out;
}

}  // namespace

std::string seal_context(std::string_view account_id, std::string_view column) {
    std::string context = "account/";
    context.append(account_id).append("/").append(column);
    return context;
}

std::string sealed(const Sealer& sealer, const Secret& secret, std::string_view account_id,
                   std::string_view column) {
    if (secret.empty()) return {};
    return sealer.seal(secret.reveal(), seal_context(account_id, column));
}

const std::string& account_select_sql() {
    static const std::string sql = "SELECT " + joined(false) + " FROM accounts";
    return sql;
}

const std::string& account_insert_sql() {
    static const std::string sql =
        "INSERT INTO accounts (" + joined(false) + ") VALUES (" + placeholders() + ")";
    return sql;
}

const std::string& account_update_sql() {
    static const std::string sql = "UPDATE accounts SET " + joined(true) + " WHERE id = ?1";
    return sql;
}

void bind_account(Statement& statement, const Account& account, const Sealer& sealer) {
    for (const auto& column : kTexts) statement.bind(account.*column.field);
    for (const auto& column : kSecrets) {
        statement.bind(sealed(sealer, account.*column.field, account.id, column.name));
    }
    for (const auto& column : kNumbers) statement.bind(account.*column.field);
    statement.bind(sealed(sealer, Secret(account.proxy), account.id, "proxy"), account.enabled,
                   account.token_generation, write_list(account.groups), write_list(account.tags));
    const auto quota = account.quota.value_or(AccountQuota{});
    statement.bind(account.quota ? std::optional(quota.limit) : std::nullopt, quota.used, quota.resets_at_ms,
                   quota.told_at_ms);
    statement.bind(account.requests_per_minute, account.request_burst, account.tokens_per_minute, quota.plan);
}

Result<Account> read_account(const Statement& row, const Sealer& sealer) {
    Account account;
    int index = 0;
    for (const auto& column : kTexts) account.*column.field = row.text(index++);
    const auto unsealed = [&](const char* name) -> Result<Secret> {
        const std::string text = row.text(index++);
        if (text.empty()) return Secret{};
        auto secret = sealer.unseal(text, seal_context(account.id, name));
        if (secret) return secret;
        return Err(Error{.kind = ErrorKind::store_failed,
                         .message = "the " + std::string(name) + " of account " + account.id +
                                    " cannot be unsealed: it was damaged or sealed with another "
                                    "key; sign the account in again",
                         .detail = secret.error().message});
    };
    for (const auto& column : kSecrets) {
        KG_TRY(secret, unsealed(column.name));
        account.*column.field = std::move(secret);
    }
    for (const auto& column : kNumbers) account.*column.field = row.integer(index++);
    KG_TRY(proxy, unsealed("proxy"));
    account.proxy = proxy.reveal();
    account.enabled = row.integer(index++) != 0;
    account.token_generation = static_cast<std::uint64_t>(row.integer(index++));
    KG_TRY(groups, read_list(row.text(index++), "account " + account.id));
    account.groups = std::move(groups);
    KG_TRY(tags, read_list(row.text(index++), "account " + account.id));
    account.tags = std::move(tags);
    if (const auto limit = row.optional_real(index++)) {
        account.quota = {.limit = *limit,
                         .used = row.real(index),
                         .resets_at_ms = row.integer(index + 1),
                         .told_at_ms = row.integer(index + 2)};
    }
    index += 3;
    account.requests_per_minute = row.optional_integer(index++);
    account.request_burst = row.optional_integer(index++);
    account.tokens_per_minute = row.optional_integer(index++);
    if (account.quota) account.quota->plan = row.text(index);
    return account;
}

}  // namespace kg::store::sqlite
