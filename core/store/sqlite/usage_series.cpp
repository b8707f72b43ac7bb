#include <map>
#include <string_view>
#include <tuple>

#include "core/store/rules.hpp"
#include "core/store/sqlite/history_store.hpp"

namespace kg::store::sqlite {
namespace {

using Row = std::tuple<int, int, std::int64_t, std::string_view, std::string_view, std::string_view>;
using LatencyRow = std::tuple<int, std::int64_t, std::string_view, std::size_t>;
struct LatencyAdded {
    std::int64_t first = 0, total = 0;
};

constexpr int kMinute = static_cast<int>(UsageStep::minute), kHour = static_cast<int>(UsageStep::hour),
              kDay = static_cast<int>(kDayS);

/// In seconds, of the slice of `step` seconds.
std::int64_t begin_of(std::int64_t ms, int step) {
    const std::int64_t width = step * std::int64_t{1000};
    return (ms / width - (ms % width < 0 ? 1 : 0)) * step;
}

}  // namespace

Result<void> add_to_series(Connection& connection, std::span<const RequestRecord* const> added) {
    std::map<Row, UsageSums> rows;  // views into the records
    std::map<LatencyRow, LatencyAdded> latencies;
    for (const RequestRecord* record : added) {
        const auto sums = sums_of(*record);
        // A name that no model has never reaches upstream: kept out, or clients could grow the table.
        const std::string_view model = record->wire_model.empty() ? std::string_view() : record->model;
        const std::string_view key = record->key_id, account = record->account_id;
        for (const int step : {kMinute, kHour, kDay}) {
            const auto at = begin_of(record->started_at_ms, step);
            add(rows[{step, 0, at, {}, {}, {}}], sums);
            add(rows[{step, 1, at, key, {}, {}}], sums);
            add(rows[{step, 2, at, {}, account, {}}], sums);
            add(rows[{step, 3, at, {}, {}, model}], sums);
            if (step == kHour) add(rows[{step, 4, at, key, account, model}], sums);
            if (step == kDay) {
                add(rows[{step, 5, at, key, account, {}}], sums);
                add(rows[{step, 6, at, key, {}, model}], sums);
                add(rows[{step, 7, at, {}, account, model}], sums);
            }
            if (record->error == "cancelled") continue;  // how long a client waited is not how long we took
            latencies[{step, at, model, latency_bucket(record->total_ms)}].total += 1;
            if (record->first_event_ms >= 0)
                latencies[{step, at, model, latency_bucket(record->first_event_ms)}].first += 1;
        }
    }
    for (const auto& [row, s] : rows) {
        const auto& [step, facet, at, key_id, account_id, model] = row;
        KG_TRY(statement,
               connection.db.prepare(
                   "INSERT INTO usage_series VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
                   " ON CONFLICT (step, facet, at, key_id, account_id, model) DO UPDATE SET"
                   " requests = requests + excluded.requests, errors = errors + excluded.errors,"
                   " cancelled = cancelled + excluded.cancelled,"
                   " input_tokens = input_tokens + excluded.input_tokens,"
                   " output_tokens = output_tokens + excluded.output_tokens,"
                   " cache_read_tokens = cache_read_tokens + excluded.cache_read_tokens,"
                   " cache_write_tokens = cache_write_tokens + excluded.cache_write_tokens,"
                   " credits = credits + excluded.credits, total_ms = total_ms + excluded.total_ms,"
                   " first_ms = first_ms + excluded.first_ms, first_count = first_count + "
                   "excluded.first_count"));
        statement.bind(step, facet, at, key_id, account_id, model, s.requests, s.errors, s.cancelled,
                       s.input_tokens, s.output_tokens, s.cache_read_tokens, s.cache_write_tokens, s.credits,
                       s.total_ms, s.first_ms, s.first_count);
        KG_CHECK(statement.run());
    }
    for (const auto& [row, n] : latencies) {
        const auto& [step, at, model, bucket] = row;
        KG_TRY(statement, connection.db.prepare("INSERT INTO usage_latency VALUES (?,?,?,?,?,?)"
                                                " ON CONFLICT (step, at, model, bucket) DO UPDATE SET"
                                                " first_count = first_count + excluded.first_count,"
                                                " total_count = total_count + excluded.total_count"));
        KG_CHECK(statement.bind(step, at, model, bucket, n.first, n.total).run());
    }
    return {};
}

}  // namespace kg::store::sqlite
