#include "core/store/history.hpp"

#include <algorithm>
#include <numeric>

#include "core/store/rules.hpp"

namespace kg::store {

std::size_t latency_bucket(std::int64_t ms) {
    return static_cast<std::size_t>(std::ranges::lower_bound(kLatencyBoundsMs, ms) -
                                    kLatencyBoundsMs.begin());
}

std::optional<double> percentile(std::span<const std::int64_t> counts, double share) {
    const auto total = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
    if (total == 0) return std::nullopt;
    const double wanted = share * static_cast<double>(total);
    double below = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const auto here = static_cast<double>(counts[i]);
        if (below + here < wanted || here == 0) {
            below += here;
            continue;
        }
        const auto low = i == 0 ? 0.0 : static_cast<double>(kLatencyBoundsMs[i - 1]);
        if (i >= kLatencyBoundsMs.size()) return low;  // nothing is known above the last bound
        const auto high = static_cast<double>(kLatencyBoundsMs[i]);
        return low + (high - low) * (wanted - below) / here;
    }
    return static_cast<double>(kLatencyBoundsMs.back());
}

namespace {

struct Named {
    bool key, account, model;
};
Named named(const UsageFilter& filter, UsageBy by) {
    return {.key = filter.key_id || by == UsageBy::key,
            .account = filter.account_id || by == UsageBy::account,
            .model = filter.model || by == UsageBy::model};
}

}  // namespace

int facet_of(const UsageFilter& filter, UsageBy by) {
    const auto [key, account, model] = named(filter, by);
    if (key + account + model > 1) return 4;
    return key ? 1 : account ? 2 : model ? 3 : 0;
}

std::optional<int> day_facet_of(const UsageFilter& filter, UsageBy by) {
    const auto [key, account, model] = named(filter, by);
    if (key && account && model) return std::nullopt;
    if (key && account) return 5;
    if (key && model) return 6;
    if (account && model) return 7;
    return facet_of(filter, by);
}

bool passes(const RequestQuery& q, const RequestRecord& r) {
    using Outcome = RequestQuery::Outcome;
    const auto is = [](const std::string& wanted, const std::string& found) {
        return wanted.empty() || wanted == found;
    };
    const bool cancelled = r.error == "cancelled";
    const bool failed = !cancelled && (!r.error.empty() || r.status >= 400);
    if (q.outcome == Outcome::ok && (failed || cancelled)) return false;
    if (q.outcome == Outcome::failed && !failed) return false;
    if (q.outcome == Outcome::cancelled && !cancelled) return false;
    return is(q.key_id, r.key_id) && is(q.account_id, r.account_id) && is(q.dialect, r.dialect) &&
           is(q.error, r.error) && is(q.request_id, r.request_id) &&
           (is(q.model, r.model) || q.model == r.wire_model) && (q.status == 0 || q.status == r.status) &&
           r.started_at_ms >= q.from_ms && (q.to_ms == 0 || r.started_at_ms < q.to_ms);
}

UsageSums sums_of(const RequestRecord& record) {
    const DailyUsage usage = daily_usage_of(record);
    const bool cancelled = record.error == "cancelled";
    UsageSums out;
    out.requests = 1;
    out.errors = cancelled ? 0 : usage.errors;
    out.cancelled = cancelled ? 1 : 0;
    out.input_tokens = usage.input_tokens;
    out.output_tokens = usage.output_tokens;
    out.cache_read_tokens = usage.cache_read_tokens;
    out.cache_write_tokens = usage.cache_write_tokens;
    out.credits = usage.credits;
    out.total_ms = record.total_ms;
    out.first_ms = std::max<std::int64_t>(record.first_event_ms, 0);
    out.first_count = record.first_event_ms >= 0 ? 1 : 0;
    return out;
}

void add(UsageSums& sum, const UsageSums& part) {
    sum.requests += part.requests;
    sum.errors += part.errors;
    sum.cancelled += part.cancelled;
    sum.input_tokens += part.input_tokens;
    sum.output_tokens += part.output_tokens;
    sum.cache_read_tokens += part.cache_read_tokens;
    sum.cache_write_tokens += part.cache_write_tokens;
    sum.credits += part.credits;
    sum.total_ms += part.total_ms;
    sum.first_ms += part.first_ms;
    sum.first_count += part.first_count;
}

}  // namespace kg::store
