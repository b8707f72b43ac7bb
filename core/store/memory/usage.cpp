#include <algorithm>
#include <utility>

#include "core/store/memory/stores.hpp"
#include "core/store/rules.hpp"

namespace kg::store::memory {

namespace {

void note_slices(State& state, const RequestRecord& record) {
    const auto model = record.wire_model.empty() ? std::string() : record.model;
    for (const auto step : {UsageStep::minute, UsageStep::hour}) {
        const auto at = record.started_at_ms / step_ms(step) * step_ms(step);
        kg::store::add(state.series[{step, at, record.key_id, record.account_id, model}], sums_of(record));
        if (record.error == "cancelled") continue;
        auto& counts = state.latency[{step, at, model}];
        ++counts.total[latency_bucket(record.total_ms)];
        if (record.first_event_ms >= 0) ++counts.first[latency_bucket(record.first_event_ms)];
    }
}

}  // namespace

Result<void> MemoryUsageStore::record(const std::vector<RequestRecord>& batch) {
    const std::lock_guard lock(state_.mutex);
    for (const RequestRecord& record : batch) {
        if (!state_.request_ids.insert(record.request_id).second) continue;
        const DailyUsage usage = daily_usage_of(record);
        auto [entry, first] =
            state_.daily.try_emplace({usage.day, usage.key_id, usage.account_id, usage.model}, usage);
        if (!first) kg::store::add(entry->second, usage);
        if (const auto key = state_.keys.find(record.key_id); key != state_.keys.end()) {
            key->second.credits_used += usage.credits;
            key->second.tokens_used += tokens_of(usage);
            key->second.requests += 1;
            key->second.last_used_at_ms = std::max(key->second.last_used_at_ms, record.started_at_ms);
        }
        if (const auto account = state_.accounts.find(record.account_id); account != state_.accounts.end()) {
            account->second.last_used_at_ms = std::max(account->second.last_used_at_ms, record.started_at_ms);
        }
        if (!record.key_id.empty()) {
            KeyUse& use = state_.quarters[{record.key_id, quarter_of(record.started_at_ms)}];
            use.requests += 1;
            use.tokens += tokens_of(usage);
            use.credits += usage.credits;
        }
        note_slices(state_, record);
        state_.requests.push_back(record);
        state_.requests.back().credits = usage.credits;
        for (const Counter& counter : counters()) {
            auto& here = state_.requests.back().*counter.in_record;
            state_.counted.*counter.in_totals += std::exchange(here, 0);
        }
    }
    return {};
}

Result<UsageTotals> MemoryUsageStore::totals() {
    const std::lock_guard lock(state_.mutex);
    UsageTotals totals = state_.counted;
    for (const auto& entry : state_.daily) {
        totals.requests += entry.second.requests;
        totals.errors += entry.second.errors;
        totals.input_tokens += entry.second.input_tokens;
        totals.output_tokens += entry.second.output_tokens;
        totals.credits += entry.second.credits;
    }
    return totals;
}

Result<KeyUse> MemoryUsageStore::key_use(std::string_view key_id, std::int64_t from_ms) {
    const std::lock_guard lock(state_.mutex);
    KeyUse sum;
    for (auto it = state_.quarters.lower_bound({std::string(key_id), quarter_of(from_ms)});
         it != state_.quarters.end() && it->first.first == key_id; ++it) {
        sum.requests += it->second.requests;
        sum.tokens += it->second.tokens;
        sum.credits += it->second.credits;
    }
    return sum;
}

Result<void> MemoryUsageStore::forget_use(std::int64_t before_ms) {
    const std::lock_guard lock(state_.mutex);
    std::erase_if(state_.quarters,
                  [end = quarter_of(before_ms)](const auto& entry) { return entry.first.second < end; });
    return {};
}

Result<std::vector<DailyUsage>> MemoryUsageStore::daily(std::int64_t first_day, std::int64_t last_day) {
    const std::lock_guard lock(state_.mutex);
    std::vector<DailyUsage> days;
    for (const auto& entry : state_.daily) {
        const DailyUsage& usage = entry.second;
        if (usage.day >= first_day && usage.day <= last_day) days.push_back(usage);
    }
    return days;
}

Result<std::vector<RequestRecord>> MemoryUsageStore::recent(std::size_t limit) {
    const std::lock_guard lock(state_.mutex);
    const auto count = std::min(limit, state_.requests.size());
    return std::vector<RequestRecord>(state_.requests.rbegin(),
                                      state_.requests.rbegin() + static_cast<std::ptrdiff_t>(count));
}

Result<void> MemoryUsageStore::prune(std::size_t keep_rows) {
    const std::lock_guard lock(state_.mutex);
    while (state_.requests.size() > keep_rows) {
        state_.request_ids.erase(state_.requests.front().request_id);
        state_.requests.pop_front();
        ++state_.requests_dropped;
    }
    return {};
}

}  // namespace kg::store::memory
