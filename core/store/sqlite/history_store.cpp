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

std::int64_t ceil_seconds(std::int64_t ms) {
    return ms <= 0 ? 0 : (ms + 999) / 1000;
}

/// Where whole days may stand for their hours: [first, last) in seconds; empty when there is none.
struct Days {
    std::int64_t first = 0, last = 0;
    bool any() const { return first < last; }
};

Days days_of(const UsageFilter& f) {
    if (f.step != UsageStep::hour) return {};
    const auto from = ceil_seconds(f.from_ms), to = ceil_seconds(f.to_ms);
    return {.first = (from + kDayS - 1) / kDayS * kDayS, .last = to / kDayS * kDayS};
}

/// The rows of `table` in a range: ?1 step, ?2 facet, ?3 from, ?4 to; with days, which stand for the hours
/// from ?6 to ?7, of facet ?8. `also` is another condition.
std::string rows_of(std::string_view table, bool days, bool facets, const std::string& also) {
    const auto rows = [&](std::string_view step, std::string_view facet, std::string_view from,
                          std::string_view to) {
        std::string sql("SELECT * FROM ");
        sql.append(table).append(" WHERE step = ").append(step);
        if (facets) sql.append(" AND facet = ").append(facet);
        sql.append(" AND at >= ").append(from).append(" AND at < ").append(to).append(also);
        return sql;
    };
    if (!days) return rows("?1", "?2", "?3", "?4");
    return rows("?1", "?2", "?3", "?6") + " UNION ALL " + rows("86400", "?8", "?6", "?7") + " UNION ALL " +
           rows("?1", "?2", "?7", "?4");
}

/// One text for each shape of a question: they stay prepared. ?5 is the width of a slice.
std::string usage_sql(const UsageFilter& filter, UsageBy by, bool days) {
    const bool timed = by == UsageBy::time;
    std::string also;
    int next = days ? 9 : 6;
    if (filter.key_id) also += " AND key_id = ?" + std::to_string(next++);
    if (filter.account_id) also += " AND account_id = ?" + std::to_string(next++);
    if (filter.model) also += " AND model = ?" + std::to_string(next++);
    std::string sql = timed ? "SELECT at / ?5 * ?5, ''" : "SELECT 0, " + std::string(column_of(by));
    sql.append(", ").append(kSums).append(" FROM (").append(rows_of("usage_series", days, true, also));
    sql += timed ? ") GROUP BY 1 ORDER BY 1" : ") WHERE ?5 > 0 GROUP BY 2 ORDER BY sum(requests) DESC, 2";
    return sql;
}

constexpr std::int64_t kLongestMs = 86'400'000;  // no request runs longer

/// What most rows of a narrow question miss; passes() has the last word.
bool may_pass(const RequestQuery& q, const Statement& row) {
    const auto is = [&row](const std::string& wanted, int column) {
        return wanted.empty() || row.view(column) == wanted;
    };
    return is(q.account_id, 6) && is(q.key_id, 7) && is(q.error, 10) && is(q.dialect, 3) &&
           (is(q.model, 4) || is(q.model, 5)) && (q.status == 0 || q.status == row.integer(9));
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
    const auto width = std::max(wanted_ms, step_ms(f.step)) / 1000;
    const auto days = days_of(f);
    const auto day_facet = day_facet_of(f, by);
    const bool by_days = days.any() && day_facet && (by != UsageBy::time || width % kDayS == 0);
    KG_TRY(row, db->prepare(usage_sql(f, by, by_days)));
    row.bind(static_cast<std::int64_t>(f.step), facet_of(f, by), ceil_seconds(f.from_ms),
             ceil_seconds(f.to_ms), width);
    if (by_days) row.bind(days.first, days.last, *day_facet);
    for (const auto* filter : {&f.key_id, &f.account_id, &f.model}) {
        if (*filter) row.bind(*filter);
    }
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
    const auto days = days_of(f);
    KG_TRY(row, db->prepare("SELECT bucket, sum(first_count), sum(total_count) FROM (" +
                            rows_of("usage_latency", days.any(), false, " AND (?5 IS NULL OR model = ?5)") +
                            ") WHERE ?2 IS NULL GROUP BY bucket"));
    row.bind(static_cast<std::int64_t>(f.step), std::optional<std::int64_t>(), ceil_seconds(f.from_ms),
             ceil_seconds(f.to_ms), f.model);
    if (days.any()) row.bind(days.first, days.last);
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

/// Where reading begins, before any row is looked at: the exclusive bound of `seq`, 0 for none.
Result<std::int64_t> SqliteHistoryStore::first_before(Database& db, const RequestQuery& query) {
    if (query.before_seq != 0 || query.to_ms == 0) return query.before_seq;
    // Rows follow the time their requests ended; none ran longer than a day.
    KG_TRY(row, db.prepare("SELECT seq FROM requests WHERE started_at_ms >= ?1 ORDER BY started_at_ms"
                           " LIMIT 1"));
    KG_TRY(found, row.bind(query.to_ms + kLongestMs).step());
    return found ? row.integer(0) : 0;
}

Result<RequestPage> SqliteHistoryStore::requests(const RequestQuery& query) {
    const std::lock_guard lock(mutex_);
    KG_TRY(db, reader());
    KG_TRY(before, first_before(*db, query));
    // Failures have an index of their own: the dashboard asks for them, and they are few. Ids, and what began
    // within an hour, are found in the index that keeps requests unique, whatever their age.
    const bool failures = query.outcome == RequestQuery::Outcome::failed && query.status == 0;
    const bool by_id = !query.request_id.empty();
    const bool by_time = !by_id && within_an_hour(query);
    KG_TRY(row, db->prepare("SELECT seq, " + kRequestColumns + " FROM requests WHERE (?1 = 0 OR seq < ?1)" +
                            (by_id     ? " AND seq IN (SELECT seq FROM requests WHERE request_id = ?2)"
                             : by_time ? " AND seq IN (SELECT seq FROM requests WHERE started_at_ms >= ?2"
                                         " AND started_at_ms < ?3)"
                                       : "") +
                            (failures ? " AND error <> ''" : "") + " ORDER BY seq DESC"));
    row.bind(before);
    if (by_id) row.bind(query.request_id);
    if (by_time) row.bind(query.from_ms, query.to_ms);
    RequestPage page;
    for (std::int64_t looked_at = 0;; ++looked_at) {
        KG_TRY(more, row.step());
        if (!more) return page;
        const auto seq = row.integer(0);
        if (query.from_ms != 0 && row.integer(2) < query.from_ms - kLongestMs) return page;
        if (page.rows.size() == query.limit || looked_at == kRowsLookedAtMax) {
            page.next_seq = seq + 1;
            return page;
        }
        if (!may_pass(query, row)) continue;  // before anything is copied
        auto record = read_request(row, 1);
        if (passes(query, record)) page.rows.push_back({seq, std::move(record)});
    }
}

Result<void> SqliteHistoryStore::prune(std::int64_t minutes_before_ms, std::int64_t hours_before_ms,
                                       std::size_t rows_max) {
    const auto chunk = [&](const char* sql, std::int64_t step, std::int64_t before_ms) {
        return write(
            connection_,
            [&]() -> Result<bool> {
                KG_TRY(statement, connection_.db.prepare(sql));
                KG_CHECK(statement.bind(step, ceil_seconds(before_ms), kPruneChunk).run());
                return connection_.db.changes() == kPruneChunk;
            },
            Durability::process_death);
    };
    constexpr const char* kSeries =
        "DELETE FROM usage_series WHERE (step, facet, at, key_id, account_id, model) IN"
        " (SELECT step, facet, at, key_id, account_id, model FROM usage_series"
        " WHERE step = ?1 AND facet IN (0, 1, 2, 3, 4, 5, 6, 7) AND at < ?2 LIMIT ?3)";
    constexpr const char* kLatency =
        "DELETE FROM usage_latency WHERE (step, at, model, bucket) IN"
        " (SELECT step, at, model, bucket FROM usage_latency WHERE step = ?1 AND at < ?2 LIMIT ?3)";
    // A day goes when its last hour does.
    for (const auto& [step, before] :
         {std::pair{std::int64_t{60}, minutes_before_ms}, std::pair{std::int64_t{3'600}, hours_before_ms},
          std::pair{kDayS, hours_before_ms - (kDayS - 1) * 1000}}) {
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
            for (const auto& [step, facet] : {std::pair{std::int64_t{3'600}, 4}, std::pair{kDayS, 5},
                                              std::pair{kDayS, 6}, std::pair{kDayS, 7}}) {
                KG_TRY(statement,
                       connection_.db.prepare(
                           "DELETE FROM usage_series WHERE step = ?1 AND facet = ?2 AND at <= (SELECT at FROM"
                           " usage_series WHERE step = ?1 AND facet = ?2 ORDER BY at DESC"
                           " LIMIT 1 OFFSET ?3)"));
                KG_CHECK(statement.bind(step, facet, rows_max).run());
            }
            return {};
        },
        Durability::process_death);
}

}  // namespace kg::store::sqlite
