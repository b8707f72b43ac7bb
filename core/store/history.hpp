#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/store/records.hpp"

/// What happened, to look at: usage by time, key, account and model, how long answers took, and the log
/// of requests. Everything derives from RequestRecords: UsageStore::record() adds to it in the one
/// transaction that keeps them, so that it is neither late nor counted twice.
namespace kg::store {

/// The two resolutions. Minutes are kept for two days, hours as long as the operator wishes. Whole days are
/// summed up as well: a question over months does not read every hour (sqlite).
enum class UsageStep : std::uint16_t { minute = 60, hour = 3600 };
inline std::int64_t step_ms(UsageStep step) {
    return static_cast<std::int64_t>(step) * 1000;
}

struct UsageSums {
    std::int64_t requests = 0;
    std::int64_t errors = 0;     // told to the client; a client that left is no error
    std::int64_t cancelled = 0;  // the client left
    std::int64_t input_tokens = 0, output_tokens = 0, cache_read_tokens = 0, cache_write_tokens = 0;
    double credits = 0;
    std::int64_t total_ms = 0;  // of all requests together
    std::int64_t first_ms = 0;  // until the first event, of those that had one
    std::int64_t first_count = 0;
    bool operator==(const UsageSums&) const = default;
};

/// Upper bounds of the latency buckets in milliseconds; the last bucket has none.
inline constexpr std::array<std::int64_t, 20> kLatencyBoundsMs{
    50,    100,   200,    300,    500,    750,    1'000,  1'500,  2'000,   3'000,
    5'000, 7'500, 10'000, 15'000, 20'000, 30'000, 45'000, 60'000, 120'000, 300'000};
inline constexpr std::size_t kLatencyBuckets = kLatencyBoundsMs.size() + 1;
std::size_t latency_bucket(std::int64_t ms);

struct LatencyCounts {
    std::array<std::int64_t, kLatencyBuckets> first{}, total{};
};
/// The time below which `share` (0 to 1) of the counted ones stayed, by straight lines inside a bucket;
/// nothing when none was counted.
std::optional<double> percentile(std::span<const std::int64_t> counts, double share);

struct UsageFilter {
    UsageStep step = UsageStep::hour;
    std::int64_t from_ms = 0, to_ms = 0;  // from <= begin of the slice < to
    std::optional<std::string> key_id, account_id, model;
};
enum class UsageBy : std::uint8_t { time, key, account, model };

struct UsageSlice {
    std::int64_t at_ms = 0;  // of its begin; 0 unless by time
    std::string name;        // key id, account id or model; "" when by time
    UsageSums sums;
};

/// What part of the log is wanted; empty fields let everything pass.
struct RequestQuery {
    std::int64_t from_ms = 0, to_ms = 0;  // 0: no bound
    std::string key_id, account_id, model, dialect, error, request_id;
    enum class Outcome : std::uint8_t { any, ok, failed, cancelled };
    Outcome outcome = Outcome::any;
    std::int64_t status = 0;
    std::int64_t before_seq = 0;  // 0: from the newest
    std::size_t limit = 100;
};
/// So narrow that stores find it by time, without looking at what is newer.
inline bool within_an_hour(const RequestQuery& query) {
    return query.from_ms != 0 && query.to_ms != 0 && query.to_ms - query.from_ms <= 3'600'000;
}
struct LoggedRequest {
    std::int64_t seq = 0;
    RequestRecord record;
};
struct RequestPage {
    std::vector<LoggedRequest> rows;       // newest first
    std::optional<std::int64_t> next_seq;  // before_seq of the next page; nothing: that was all
};

/// Reads do not hold up the verbs of other stores (sqlite: a connection of its own). Thread-safe.
class HistoryStore {
  public:
    virtual ~HistoryStore() = default;
    /// In order of time, or of requests, most first. Two filters at once, or one and another `by`, are
    /// known by the hour only.
    virtual Result<std::vector<UsageSlice>> usage(const UsageFilter& filter, UsageBy by,
                                                  std::int64_t step_ms = 0) = 0;
    /// `filter`'s key and account are not looked at.
    virtual Result<LatencyCounts> latency(const UsageFilter& filter) = 0;
    /// Looks at 10,000 rows at most: a page may be short, or empty, and yet have a next one.
    virtual Result<RequestPage> requests(const RequestQuery& query) = 0;
    /// Deletes minutes and hours that began before these times, and the oldest hours of combinations of
    /// key, account and model while there are more than `rows_max` of them.
    virtual Result<void> prune(std::int64_t minutes_before_ms, std::int64_t hours_before_ms,
                               std::size_t rows_max) = 0;
};
inline constexpr std::int64_t kRowsLookedAtMax = 10'000;

/// Whether a slice of all keys, one key, ... answers the question: the facet of usage_series.
int facet_of(const UsageFilter& filter, UsageBy by);
/// The same of the days: two things together have facets of their own; nothing for all three.
std::optional<int> day_facet_of(const UsageFilter& filter, UsageBy by);
bool passes(const RequestQuery& query, const RequestRecord& record);
UsageSums sums_of(const RequestRecord& record);
void add(UsageSums& sum, const UsageSums& part);

}  // namespace kg::store
