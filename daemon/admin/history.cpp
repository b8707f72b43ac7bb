#include <algorithm>
#include <array>

#include "daemon/admin/fields.hpp"
#include "daemon/admin/json_out.hpp"
#include "daemon/admin/office.hpp"
#include "daemon/admin/verbs.hpp"

namespace kg::admin::verbs {
namespace {

constexpr std::int64_t kMinuteMs = 60'000, kHourMs = 60 * kMinuteMs, kDayMs = 24 * kHourMs;
constexpr std::int64_t kTimeMost = 253'402'300'799'000;
constexpr std::int64_t kPointsMax = 1'000;

/// ?range=1h|24h|7d|30d, or ?from=&to= in milliseconds.
Result<store::UsageFilter, Failure> read_filter(const Call& call, std::int64_t& step_ms) {
    struct Range {
        std::string_view name;
        std::int64_t length_ms, step_ms;
    };
    static constexpr auto kRanges = std::to_array<Range>({{"1h", kHourMs, kMinuteMs},
                                                          {"6h", 6 * kHourMs, 5 * kMinuteMs},
                                                          {"24h", kDayMs, 15 * kMinuteMs},
                                                          {"7d", 7 * kDayMs, 2 * kHourMs},
                                                          {"30d", 30 * kDayMs, 6 * kHourMs},
                                                          {"90d", 90 * kDayMs, kDayMs}});
    const auto now = to_ms(call.office.parts().clock.wall());
    store::UsageFilter filter;
    const auto range = query_text(call.query, "range");
    KG_TRY(from, query_number(call.query, "from", 0, 0, kTimeMost));
    KG_TRY(to, query_number(call.query, "to", 0, 0, kTimeMost));
    if (from > 0 || to > 0) {
        if (!range.empty()) return Err(bad_query("range", "give either range or from and to"));
        filter.from_ms = from;
        filter.to_ms = to > 0 ? to : now + kMinuteMs;
        if (filter.to_ms <= filter.from_ms) return Err(bad_query("to", "must be later than from"));
        const auto length = filter.to_ms - filter.from_ms;
        step_ms = length <= 6 * kHourMs   ? kMinuteMs
                  : length <= 2 * kDayMs  ? kHourMs
                  : length <= 30 * kDayMs ? 6 * kHourMs
                                          : kDayMs;
    } else {
        const auto known =
            std::ranges::find(kRanges, range.empty() ? std::string_view("24h") : range, &Range::name);
        if (known == kRanges.end()) return Err(bad_query("range", "use 1h, 6h, 24h, 7d, 30d or 90d"));
        step_ms = known->step_ms;
        filter.to_ms = now + kMinuteMs;
        filter.from_ms = (now - known->length_ms) / step_ms * step_ms;
    }
    const auto given = [&](std::string_view name) -> std::optional<std::string> {
        auto text = query_text(call.query, name);
        if (text.empty()) return std::nullopt;
        return text;
    };
    filter.key_id = given("keyId");
    filter.account_id = given("accountId");
    filter.model = given("model");
    // Minutes are kept for two days, and not for combinations.
    const bool recent = filter.from_ms >= now - 2 * kDayMs;
    const bool single =
        filter.key_id.has_value() + filter.account_id.has_value() + filter.model.has_value() <= 1;
    filter.step = step_ms < kHourMs && recent && single ? store::UsageStep::minute : store::UsageStep::hour;
    step_ms = std::max(step_ms, store::step_ms(filter.step));
    while ((filter.to_ms - filter.from_ms) / step_ms > kPointsMax) step_ms *= 2;
    return filter;
}

void write_percentiles(json::Writer& w, std::string_view name, std::span<const std::int64_t> counts) {
    w.key(name).begin_object();
    for (const auto& [key, share] : {std::pair{"p50", 0.5}, std::pair{"p90", 0.9}, std::pair{"p99", 0.99}}) {
        const auto value = store::percentile(counts, share);
        w.key(key);
        value ? w.number(*value) : w.null();
    }
    w.end_object();
}

Result<void, Failure> write_breakdown(json::Writer& w, store::Stores& stores,
                                      const store::UsageFilter& filter, std::string_view name,
                                      store::UsageBy by) {
    constexpr std::size_t kRowsMax = 200;
    auto f = filter;
    if (store::facet_of(f, by) == 4) {
        // Combinations are known by whole hours, over longer ranges by whole days: those in which the range
        // begins and ends belong to it.
        const auto whole = f.to_ms - f.from_ms > 2 * kDayMs ? kDayMs : kHourMs;
        f.step = store::UsageStep::hour;
        f.from_ms = f.from_ms / whole * whole;
        f.to_ms = (f.to_ms + whole - 1) / whole * whole;
    }
    KG_ASK(rows, stores.history().usage(f, by));
    w.key(name).begin_array();
    for (std::size_t i = 0; i < std::min(rows.size(), kRowsMax); ++i) {
        w.begin_object();
        write_text(w, "id", rows[i].name);
        write_sums(w, rows[i].sums);
        w.end_object();
    }
    w.end_array();
    return {};
}

}  // namespace

/// Everything a dashboard draws, from one moment: totals, a series, percentiles, breakdowns.
Reply usage(Call& call, store::Stores& stores) {
    std::int64_t step = 0;
    KG_TRY(filter, read_filter(call, step));
    KG_ASK(series, stores.history().usage(filter, store::UsageBy::time, step));
    KG_ASK(latency, stores.history().latency(filter));
    store::UsageSums sum;
    for (const auto& slice : series) store::add(sum, slice.sums);
    std::string body;
    json::Writer w(body);
    w.begin_object().member("from", filter.from_ms).member("to", filter.to_ms).member("stepMs", step);
    w.key("totals").begin_object();
    write_sums(w, sum);
    const auto finished = sum.requests - sum.cancelled;
    w.key("successRate");
    finished > 0 ? w.number(static_cast<double>(finished - sum.errors) / static_cast<double>(finished))
                 : w.null();
    w.end_object();
    write_percentiles(w, "firstEventMs", latency.first);
    write_percentiles(w, "durationMs", latency.total);
    w.key("series").begin_array();
    for (const auto& slice : series) {
        w.begin_object().member("at", slice.at_ms);
        write_sums(w, slice.sums);
        w.end_object();
    }
    w.end_array();
    KG_CHECK(write_breakdown(w, stores, filter, "byModel", store::UsageBy::model));
    KG_CHECK(write_breakdown(w, stores, filter, "byKey", store::UsageBy::key));
    KG_CHECK(write_breakdown(w, stores, filter, "byAccount", store::UsageBy::account));
    w.member("activeRequests", call.office.parts().stats.active.load()).end_object();
    return json_response(200, std::move(body));
}

Reply proxy_logs(Call& call, store::Stores& stores) {
    using Outcome = store::RequestQuery::Outcome;
    store::RequestQuery query;
    KG_TRY(limit, query_number(call.query, "limit", 100, 1, 1'000));
    KG_TRY(cursor, query_number(call.query, "cursor", 0, 0, kTimeMost));
    KG_TRY(from, query_number(call.query, "from", 0, 0, kTimeMost));
    KG_TRY(to, query_number(call.query, "to", 0, 0, kTimeMost));
    KG_TRY(status, query_number(call.query, "status", 0, 0, 999));
    query.limit = static_cast<std::size_t>(limit);
    query.before_seq = cursor;
    query.from_ms = from;
    query.to_ms = to;
    query.status = status;
    query.key_id = query_text(call.query, "keyId");
    query.account_id = query_text(call.query, "accountId");
    query.model = query_text(call.query, "model");
    query.dialect = query_text(call.query, "apiType");
    query.error = query_text(call.query, "error");
    query.request_id = query_text(call.query, "requestId");
    const auto outcome = query_text(call.query, "outcome");
    if (outcome == "ok")
        query.outcome = Outcome::ok;
    else if (outcome == "failed")
        query.outcome = Outcome::failed;
    else if (outcome == "cancelled")
        query.outcome = Outcome::cancelled;
    else if (!outcome.empty())
        return Err(bad_query("outcome", "use ok, failed or cancelled"));
    KG_ASK(page, stores.history().requests(query));
    std::string body;
    json::Writer w(body);
    w.begin_object().key("logs").begin_array();
    for (const auto& row : page.rows) write_request(w, row.record);
    w.end_array().key("next");
    page.next_seq ? w.string(std::to_string(*page.next_seq)) : w.null();
    w.end_object();
    return json_response(200, std::move(body));
}

Reply audit_log(Call& call, store::Stores& stores) {
    store::AuditQuery query;
    KG_TRY(limit, query_number(call.query, "limit", 100, 1, 1'000));
    KG_TRY(cursor, query_number(call.query, "cursor", 0, 0, kTimeMost));
    KG_TRY(from, query_number(call.query, "from", 0, 0, kTimeMost));
    KG_TRY(to, query_number(call.query, "to", 0, 0, kTimeMost));
    query.limit = static_cast<std::size_t>(limit);
    query.before_seq = cursor;
    query.from_ms = from;
    query.to_ms = to;
    query.actor = query_text(call.query, "actor");
    query.action = query_text(call.query, "action");
    query.target = query_text(call.query, "target");
    KG_ASK(page, stores.admin().audit_log(query));
    std::string body;
    json::Writer w(body);
    w.begin_object().key("entries").begin_array();
    for (const auto& e : page.entries) {
        w.begin_object().member("at", e.at_ms).member("actor", e.actor).member("address", e.address);
        w.member("action", e.action);
        write_text(w, "target", e.target);
        w.key("detail").raw(e.detail).member("requestId", e.request_id).end_object();
    }
    w.end_array().key("next");
    page.next_seq ? w.string(std::to_string(*page.next_seq)) : w.null();
    w.end_object();
    return json_response(200, std::move(body));
}

}  // namespace kg::admin::verbs
