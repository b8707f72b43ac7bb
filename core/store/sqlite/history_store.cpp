#include "core/store/sqlite/history_store.hpp"

#include <algorithm>

#include "core/store/sqlite/request_row.hpp"

namespace kg::store::sqlite {
namespace {

/// Rows per transaction when pruning: other verbs get their turn in between.
constexpr std::int64_t kPruneChunk = 4096;

constexpr std::string_view kSums =
    "sum(requests), sum(errors), sum(cancelled), sum(input_tokens), sum(output_tokens),"
    " sum(cache_read_tokens), sum(cache_write_tokens), sum(credits), sum(total_ms), sum(first_ms),"
    " sum(first_count)";

std::string_view column_of(UsageBy by) {
    switch (by) {
        case UsageBy::key: return "key_id";
        case UsageBy::account: return "account_id";
        case UsageBy::model: return "model";
        case UsageBy::time: break;
    }
    return "''";
}

/// One text for each shape of a question: they stay prepared.
std::string usage_sql(const UsageFilter& filter, UsageBy by) {
    const bool timed = by == UsageBy::time;
    std::string sql = timed ? "SELECT at / ?5 * ?5, ''" : "SELECT 0, ";
    if (!timed) sql += column_of(by);
    sql.append(", ").append(kSums);
    sql += " FROM usage_series WHERE step = ?1 AND facet = ?2 AND at >= ?3 AND at < ?4";
    sql += timed ? "" : " AND ?5 > 0";
    if (filter.key_id) sql += " AND key_id = ?6";
    if (filter.account_id) sql += " AND account_id = ?7";
    if (filter.model) sql += " AND model = ?8";
    sql += timed ? " GROUP BY 1 ORDER BY 1" : " GROUP BY 2 ORDER BY sum(requests) DESC, 2";
    return sql;
}

std::int64_t ceil_seconds(std::int64_t ms) {
    return ms <= 0 ? 0 : (ms + 999) / 1000;
}

}  // namespace

Result<Database*> SqliteHistoryStore::reader() {
    if (!reader_) {
        KG_TRY(opened, Database::open(connection_.db.path()));
        reader_.emplace(std::move(opened));
    }
    return &*reader_;
}

Result<std::vector<UsageSlice>> SqliteHistoryStore::usage(const UsageFilter& f, UsageBy by,
                                                          std::int64_t wanted_ms) {
    const std::lock_guard lock(mutex_);
    KG_TRY(db, reader());
    KG_TRY(row, db->prepare(usage_sql(f, by)));
    const auto width = std::max(wanted_ms, step_ms(f.step)) / 1000;
    row.bind(static_cast<std::int64_t>(f.step), facet_of(f, by), ceil_seconds(f.from_ms),
             ceil_seconds(f.to_ms), width);
    if (f.key_id || f.account_id || f.model) row.bind(f.key_id);
    if (f.account_id || f.model) row.bind(f.account_id);
    if (f.model) row.bind(f.model);
    std::vector<UsageSlice> out;
    for (;;) {
        KG_TRY(more, row.step());
        if (!more) return out;
        out.push_back({row.integer(0) * 1000,
                       row.text(1),
                       {.requests = row.integer(2),
                        .errors = row.integer(3),
                        .cancelled = row.integer(4),
                        .input_tokens = row.integer(5),
                        .output_tokens = row.integer(6),
                        .cache_read_tokens = row.integer(7),
                        .cache_write_tokens = row.integer(8),
                        .credits = row.real(9),
                        .total_ms = row.integer(10),
                        .first_ms = row.integer(11),
                        .first_count = row.integer(12)}});
    }
}

Result<LatencyCounts> SqliteHistoryStore::latency(const UsageFilter& f) {
    const std::lock_guard lock(mutex_);
    KG_TRY(db, reader());
    KG_TRY(row, db->prepare("SELECT bucket, sum(first_count), sum(total_count) FROM usage_latency"
                            " WHERE step = ?1 AND at >= ?2 AND at < ?3 AND (?4 IS NULL OR model = ?4)"
                            " GROUP BY bucket"));
    row.bind(static_cast<std::int64_t>(f.step), ceil_seconds(f.from_ms), ceil_seconds(f.to_ms), f.model);
    LatencyCounts out;
    for (;;) {
        KG_TRY(more, row.step());
        if (!more) return out;
        const auto bucket = static_cast<std::size_t>(row.integer(0));
        if (bucket >= kLatencyBuckets) continue;
        out.first[bucket] = row.integer(1);
        out.total[bucket] = row.integer(2);
    }
}

Result<RequestPage> SqliteHistoryStore::requests(const RequestQuery& query) {
    const std::lock_guard lock(mutex_);
    KG_TRY(db, reader());
    // Failures have an index of their own: the dashboard asks for them, and they are few.
    const bool failures = query.outcome == RequestQuery::Outcome::failed && query.status == 0;
    KG_TRY(row, db->prepare("SELECT seq, " + kRequestColumns + " FROM requests WHERE (?1 = 0 OR seq < ?1)" +
                            (failures ? " AND error <> ''" : "") + " ORDER BY seq DESC"));
    row.bind(query.before_seq);
    RequestPage page;
    for (std::int64_t looked_at = 0;; ++looked_at) {
        KG_TRY(more, row.step());
        if (!more) return page;
        const auto seq = row.integer(0);
        // Rows follow the time their requests ended; none ran longer than a day.
        if (query.from_ms != 0 && row.integer(2) < query.from_ms - 86'400'000) return page;
        if (page.rows.size() == query.limit || looked_at == kRowsLookedAtMax) {
            page.next_seq = seq + 1;
            return page;
        }
        auto record = read_request(row, 1);
        if (passes(query, record)) page.rows.push_back({seq, std::move(record)});
    }
}

Result<void> SqliteHistoryStore::prune(std::int64_t minutes_before_ms, std::int64_t hours_before_ms,
                                       std::size_t rows_max) {
    const auto chunk = [&](const char* sql, UsageStep step, std::int64_t before_ms) {
        return write(
            connection_,
            [&]() -> Result<bool> {
                KG_TRY(statement, connection_.db.prepare(sql));
                KG_CHECK(statement.bind(static_cast<std::int64_t>(step), ceil_seconds(before_ms), kPruneChunk)
                             .run());
                return connection_.db.changes() == kPruneChunk;
            },
            Durability::process_death);
    };
    constexpr const char* kSeries =
        "DELETE FROM usage_series WHERE (step, facet, at, key_id, account_id, model) IN"
        " (SELECT step, facet, at, key_id, account_id, model FROM usage_series"
        " WHERE step = ?1 AND facet IN (0, 1, 2, 3, 4) AND at < ?2 LIMIT ?3)";
    constexpr const char* kLatency =
        "DELETE FROM usage_latency WHERE (step, at, model, bucket) IN"
        " (SELECT step, at, model, bucket FROM usage_latency WHERE step = ?1 AND at < ?2 LIMIT ?3)";
    for (const auto step : {UsageStep::minute, UsageStep::hour}) {
        const auto before = step == UsageStep::minute ? minutes_before_ms : hours_before_ms;
        for (const char* sql : {kSeries, kLatency}) {
            for (bool more = true; more;) {
                KG_TRY(again, chunk(sql, step, before));
                more = again;
            }
        }
    }
    return write(
        connection_,
        [&]() -> Result<void> {
            KG_TRY(statement,
                   connection_.db.prepare(
                       "DELETE FROM usage_series WHERE step = 3600 AND facet = 4 AND at <= (SELECT at FROM"
                       " usage_series WHERE step = 3600 AND facet = 4 ORDER BY at DESC LIMIT 1 OFFSET ?1)"));
            return statement.bind(rows_max).run();
        },
        Durability::process_death);
}

}  // namespace kg::store::sqlite
