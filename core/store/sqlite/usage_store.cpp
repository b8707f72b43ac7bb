#include "core/store/sqlite/usage_store.hpp"

#include <algorithm>
#include <limits>

#include "core/store/rules.hpp"
#include "core/store/sqlite/history_store.hpp"
#include "core/store/sqlite/request_row.hpp"

namespace kg::store::sqlite {
namespace {

/// Rows per transaction when pruning: other verbs get their turn in between.
constexpr std::int64_t kPruneChunk = 4096;

std::int64_t clamped(std::size_t n) {
    constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
    return static_cast<std::int64_t>(std::min(n, static_cast<std::size_t>(kMax)));
}

void add(std::vector<Quarter>& quarters, const RequestRecord& record, const DailyUsage& usage) {
    const auto at = quarter_of(record.started_at_ms);
    auto same = std::ranges::find_if(
        quarters, [&](const Quarter& q) { return q.at == at && q.key_id == record.key_id; });
    if (same == quarters.end()) same = quarters.insert(same, {record.key_id, at, {}});
    same->use.requests += 1;
    same->use.tokens += tokens_of(usage);
    same->use.credits += usage.credits;
}

}  // namespace

Result<void> SqliteUsageStore::record(const std::vector<RequestRecord>& batch) {
    if (batch.empty()) return {};
    const auto body = [&]() -> Result<void> {
        std::vector<DailyUsage> days;         // one row update for each key, account and model of the batch
        std::vector<std::int64_t> last_used;  // of the requests behind each of them
        std::vector<Quarter> quarters;
        UsageTotals counted;
        std::vector<const RequestRecord*> fresh;
        for (const RequestRecord& record : batch) {
            KG_TRY(added, append(record));
            if (!added) continue;
            fresh.push_back(&record);
            for (const Counter& counter : counters()) counted.*counter.in_totals += record.*counter.in_record;
            const DailyUsage usage = daily_usage_of(record);
            if (!record.key_id.empty()) add(quarters, record, usage);
            const auto same = std::ranges::find_if(days, [&](const DailyUsage& d) {
                return d.day == usage.day && d.key_id == usage.key_id && d.account_id == usage.account_id &&
                       d.model == usage.model;
            });
            if (same == days.end()) {
                days.push_back(usage);
                last_used.push_back(record.started_at_ms);
                continue;
            }
            add(*same, usage);
            auto& last = last_used[static_cast<std::size_t>(same - days.begin())];
            last = std::max(last, record.started_at_ms);
        }
        for (std::size_t i = 0; i < days.size(); ++i) {
            KG_CHECK(count(days[i]));
            KG_CHECK(touch(days[i], last_used[i]));
        }
        KG_CHECK(count_all(days));
        for (const Quarter& quarter : quarters) KG_CHECK(count(quarter));
        for (const Counter& counter : counters()) {
            if (const auto more = counted.*counter.in_totals; more != 0) KG_CHECK(count(counter.name, more));
        }
        return add_to_series(connection_, fresh);
    };
    return write(connection_, body, Durability::process_death);
}

Result<bool> SqliteUsageStore::append(const RequestRecord& record) {
    KG_TRY(statement, connection_.db.prepare(request_insert_sql()));
    bind_request(statement, record);
    KG_CHECK(statement.run());
    return connection_.db.changes() > 0;
}

Result<void> SqliteUsageStore::count(const DailyUsage& usage) {
    KG_TRY(statement, connection_.db.prepare(
                          "INSERT INTO usage_daily VALUES (?,?,?,?,?,?,?,?,?,?,?)"
                          " ON CONFLICT (day, key_id, account_id, model) DO UPDATE SET"
                          " requests = requests + excluded.requests, errors = errors + excluded.errors,"
                          " input_tokens = input_tokens + excluded.input_tokens,"
                          " output_tokens = output_tokens + excluded.output_tokens,"
                          " cache_read_tokens = cache_read_tokens + excluded.cache_read_tokens,"
                          " cache_write_tokens = cache_write_tokens + excluded.cache_write_tokens,"
                          " credits = credits + excluded.credits"));
    return statement
        .bind(usage.day, usage.key_id, usage.account_id, usage.model, usage.requests, usage.errors,
              usage.input_tokens, usage.output_tokens, usage.cache_read_tokens, usage.cache_write_tokens,
              usage.credits)
        .run();
}

Result<void> SqliteUsageStore::count_all(const std::vector<DailyUsage>& added) {
    DailyUsage sum;
    for (const auto& usage : added) store::add(sum, usage);
    KG_TRY(statement,
           connection_.db.prepare("UPDATE usage_totals SET requests = requests + ?1, errors = errors + ?2,"
                                  " input_tokens = input_tokens + ?3, output_tokens = output_tokens + ?4,"
                                  " credits = credits + ?5"));
    return statement.bind(sum.requests, sum.errors, sum.input_tokens, sum.output_tokens, sum.credits).run();
}

Result<void> SqliteUsageStore::count(const Quarter& quarter) {
    KG_TRY(statement, connection_.db.prepare(
                          "INSERT INTO usage_quarters VALUES (?,?,?,?,?)"
                          " ON CONFLICT (key_id, quarter) DO UPDATE SET"
                          " requests = requests + excluded.requests,"
                          " tokens = tokens + excluded.tokens, credits = credits + excluded.credits"));
    return statement
        .bind(quarter.key_id, quarter.at, quarter.use.requests, quarter.use.tokens, quarter.use.credits)
        .run();
}

Result<void> SqliteUsageStore::count(std::string_view counter, std::int64_t more) {
    KG_TRY(statement, connection_.db.prepare("INSERT INTO counters VALUES (?1, ?2)"
                                             " ON CONFLICT (name) DO UPDATE SET value = value + ?2"));
    return statement.bind(counter, more).run();
}

Result<void> SqliteUsageStore::touch(const DailyUsage& usage, std::int64_t last_used_at_ms) {
    if (!usage.key_id.empty()) {
        KG_TRY(key, connection_.db.prepare(
                        "UPDATE keys SET credits_used = credits_used + ?2, requests = requests + ?4,"
                        " last_used_at_ms = max(last_used_at_ms, ?3), tokens_used = tokens_used + ?5"
                        " WHERE id = ?1"));
        KG_CHECK(
            key.bind(usage.key_id, usage.credits, last_used_at_ms, usage.requests, tokens_of(usage)).run());
    }
    if (!usage.account_id.empty()) {
        KG_TRY(account,
               connection_.db.prepare("UPDATE accounts SET last_used_at_ms = max(last_used_at_ms, ?2)"
                                      " WHERE id = ?1"));
        KG_CHECK(account.bind(usage.account_id, last_used_at_ms).run());
    }
    return {};
}

Result<UsageTotals> SqliteUsageStore::totals() {
    const std::lock_guard lock(connection_.mutex);
    KG_TRY(statement, connection_.db.prepare("SELECT requests, errors, input_tokens, output_tokens,"
                                             " credits FROM usage_totals"));
    KG_TRY(row, statement.step());
    UsageTotals totals;
    if (!row) return totals;
    totals.requests = statement.integer(0);
    totals.errors = statement.integer(1);
    totals.input_tokens = statement.integer(2);
    totals.output_tokens = statement.integer(3);
    totals.credits = statement.real(4);
    KG_TRY(counted, connection_.db.prepare("SELECT name, value FROM counters"));
    for (;;) {
        KG_TRY(more, counted.step());
        if (!more) return totals;
        for (const Counter& counter : counters()) {
            if (counter.name == counted.text(0)) totals.*counter.in_totals = counted.integer(1);
        }
    }
}

Result<KeyUse> SqliteUsageStore::key_use(std::string_view key_id, std::int64_t from_ms) {
    const std::lock_guard lock(connection_.mutex);
    KG_TRY(statement, connection_.db.prepare("SELECT sum(requests), sum(tokens), sum(credits)"
                                             " FROM usage_quarters WHERE key_id = ?1 AND quarter >= ?2"));
    KG_TRY(row, statement.bind(key_id, quarter_of(from_ms)).step());
    if (!row) return KeyUse{};
    return KeyUse{
        .requests = statement.integer(0), .tokens = statement.integer(1), .credits = statement.real(2)};
}

Result<void> SqliteUsageStore::forget_use(std::int64_t before_ms) {
    const auto body = [&]() -> Result<void> {
        KG_TRY(statement, connection_.db.prepare("DELETE FROM usage_quarters WHERE quarter < ?1"));
        return statement.bind(quarter_of(before_ms)).run();
    };
    return write(connection_, body, Durability::process_death);
}

Result<std::vector<DailyUsage>> SqliteUsageStore::daily(std::int64_t first_day, std::int64_t last_day) {
    const std::lock_guard lock(connection_.mutex);
    KG_TRY(statement,
           connection_.db.prepare("SELECT day, key_id, account_id, model, requests, errors, input_tokens,"
                                  " output_tokens, cache_read_tokens, cache_write_tokens, credits"
                                  " FROM usage_daily WHERE day BETWEEN ?1 AND ?2"
                                  " ORDER BY day, key_id, account_id, model"));
    statement.bind(first_day, last_day);
    std::vector<DailyUsage> days;
    for (;;) {
        KG_TRY(row, statement.step());
        if (!row) return days;
        days.push_back({.day = statement.integer(0),
                        .key_id = statement.text(1),
                        .account_id = statement.text(2),
                        .model = statement.text(3),
                        .requests = statement.integer(4),
                        .errors = statement.integer(5),
                        .input_tokens = statement.integer(6),
                        .output_tokens = statement.integer(7),
                        .cache_read_tokens = statement.integer(8),
                        .cache_write_tokens = statement.integer(9),
                        .credits = statement.real(10)});
    }
}

Result<std::vector<RequestRecord>> SqliteUsageStore::recent(std::size_t limit) {
    const std::lock_guard lock(connection_.mutex);
    KG_TRY(statement,
           connection_.db.prepare("SELECT " + kRequestColumns + " FROM requests ORDER BY seq DESC LIMIT ?1"));
    statement.bind(clamped(limit));
    std::vector<RequestRecord> records;
    for (;;) {
        KG_TRY(row, statement.step());
        if (!row) return records;
        records.push_back(read_request(statement, 0));
    }
}

Result<void> SqliteUsageStore::prune(std::size_t keep_rows) {
    for (;;) {
        const auto chunk = [&]() -> Result<bool> {
            KG_TRY(statement,
                   connection_.db.prepare("DELETE FROM requests WHERE seq IN (SELECT seq FROM requests"
                                          " ORDER BY seq DESC LIMIT ?1 OFFSET ?2)"));
            KG_CHECK(statement.bind(kPruneChunk, clamped(keep_rows)).run());
            return connection_.db.changes() == kPruneChunk;
        };
        KG_TRY(more, write(connection_, chunk, Durability::process_death));
        if (!more) return {};
    }
}

}  // namespace kg::store::sqlite
