#include "core/store/rules.hpp"

#include <array>
#include <cmath>

namespace kg::store {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;

constexpr std::int64_t kQuarterMs = 900'000;

std::int64_t floor_div(std::int64_t ms, std::int64_t unit) {
    return ms / unit - (ms % unit < 0 ? 1 : 0);
}

}  // namespace

Error taken_error(std::string_view what, std::string_view field, std::string_view value) {
    std::string message = "there is already a record with this ";
    message.append(field).append(" (").append(what).append(")");
    if (!value.empty()) message.append(": ").append(value);
    return Error{
        .kind = ErrorKind::malformed_request, .message = std::move(message), .param = std::string(field)};
}

Error missing_id_error(std::string_view what) {
    std::string message(what);
    message += " has no id";
    return Error{.kind = ErrorKind::malformed_request, .message = std::move(message), .param = "id"};
}

void settle_edit(const Account& before, Account& after) {
    after.id = before.id;
    const bool rotated =
        !(after.access_token == before.access_token) || !(after.refresh_token == before.refresh_token);
    after.token_generation = before.token_generation + (rotated ? 1 : 0);
}

void settle_edit(const Key& before, Key& after) {
    after.id = before.id;
}

std::int64_t quarter_of(std::int64_t ms) {
    return floor_div(ms, kQuarterMs);
}

std::int64_t tokens_of(const DailyUsage& usage) {
    return usage.input_tokens + usage.output_tokens + usage.cache_read_tokens + usage.cache_write_tokens;
}

DailyUsage daily_usage_of(const RequestRecord& record) {
    DailyUsage usage;
    usage.day = floor_div(record.started_at_ms, kDayMs);
    usage.key_id = record.key_id;
    usage.account_id = record.account_id;
    // A name that no model has never reaches upstream: kept out, or clients could grow the table.
    if (!record.wire_model.empty()) usage.model = record.model;
    usage.requests = 1;
    usage.errors = !record.error.empty() || record.status >= 400 ? 1 : 0;
    usage.input_tokens = record.input_tokens;
    usage.output_tokens = record.output_tokens;
    usage.cache_read_tokens = record.cache_read_tokens;
    usage.cache_write_tokens = record.cache_write_tokens;
    usage.credits = std::isfinite(record.credits) ? record.credits : 0;
    return usage;
}

std::span<const Counter> counters() {
    using R = RequestRecord;
    using T = UsageTotals;
    static constexpr auto kCounters = std::to_array<Counter>({
        {"continuations", &R::continuations, &T::continuations},
        {"cut_tools", &R::cut_tools, &T::cut_tools},
        {"repairs", &R::repairs, &T::repairs},
        {"web_searches", &R::web_searches, &T::web_searches},
        {"compressed", &R::compressed, &T::compressed},
        {"summaries", &R::summaries, &T::summaries},
        {"summaries_cached", &R::summaries_cached, &T::summaries_cached},
        {"summaries_failed", &R::summaries_failed, &T::summaries_failed},
        {"tokens_saved", &R::tokens_saved, &T::tokens_saved},
    });
    return kCounters;
}

void add(DailyUsage& sum, const DailyUsage& part) {
    sum.requests += part.requests;
    sum.errors += part.errors;
    sum.input_tokens += part.input_tokens;
    sum.output_tokens += part.output_tokens;
    sum.cache_read_tokens += part.cache_read_tokens;
    sum.cache_write_tokens += part.cache_write_tokens;
    sum.credits += part.credits;
}

}  // namespace kg::store
