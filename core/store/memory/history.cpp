#include "core/store/history.hpp"

#include <algorithm>
#include <map>

#include "core/store/memory/stores.hpp"
#include "core/store/rules.hpp"

namespace kg::store::memory {
namespace {

constexpr std::int64_t kLongestMs = 86'400'000;  // no request runs longer

}  // namespace

Result<std::vector<UsageSlice>> MemoryHistoryStore::usage(const UsageFilter& f, UsageBy by,
                                                          std::int64_t wanted_ms) {
    const auto step = std::max(wanted_ms, step_ms(f.step));
    std::map<std::pair<std::int64_t, std::string>, UsageSums> sums;
    {
        const std::lock_guard lock(state_.mutex);
        for (const auto& [at, part] : state_.series) {
            if (at.step != f.step || at.at_ms < f.from_ms || at.at_ms >= f.to_ms) continue;
            if (f.step == UsageStep::minute && facet_of(f, by) == 4) continue;
            if ((f.key_id && *f.key_id != at.key_id) || (f.account_id && *f.account_id != at.account_id) ||
                (f.model && *f.model != at.model)) {
                continue;
            }
            const auto name = by == UsageBy::key       ? at.key_id
                              : by == UsageBy::account ? at.account_id
                              : by == UsageBy::model   ? at.model
                                                       : std::string();
            add(sums[{by == UsageBy::time ? at.at_ms / step * step : 0, name}], part);
        }
    }
    std::vector<UsageSlice> out;
    for (const auto& [of, sum] : sums) out.push_back({of.first, of.second, sum});
    if (by != UsageBy::time)
        std::ranges::stable_sort(out, std::greater(), [](const auto& s) { return s.sums.requests; });
    return out;
}

Result<LatencyCounts> MemoryHistoryStore::latency(const UsageFilter& f) {
    const std::lock_guard lock(state_.mutex);
    LatencyCounts out;
    for (const auto& [of, counts] : state_.latency) {
        const auto& [step, at_ms, model] = of;
        if (step != f.step || at_ms < f.from_ms || at_ms >= f.to_ms || (f.model && *f.model != model))
            continue;
        for (std::size_t i = 0; i < kLatencyBuckets; ++i) {
            out.first[i] += counts.first[i];
            out.total[i] += counts.total[i];
        }
    }
    return out;
}

Result<RequestPage> MemoryHistoryStore::requests(const RequestQuery& query) {
    const std::lock_guard lock(state_.mutex);
    RequestPage page;
    std::int64_t looked_at = 0;
    auto seq = state_.requests_dropped + static_cast<std::int64_t>(state_.requests.size());
    for (auto it = state_.requests.rbegin(); it != state_.requests.rend(); ++it, --seq) {
        if (query.before_seq != 0 && seq >= query.before_seq) continue;
        if (query.before_seq == 0 && query.to_ms != 0 && it->started_at_ms >= query.to_ms + kLongestMs)
            continue;
        if (!query.request_id.empty() && it->request_id != query.request_id) continue;
        if (within_an_hour(query) && (it->started_at_ms < query.from_ms || it->started_at_ms >= query.to_ms))
            continue;
        if (page.rows.size() == query.limit || looked_at++ == kRowsLookedAtMax) {
            page.next_seq = seq + 1;
            return page;
        }
        if (passes(query, *it)) page.rows.push_back({seq, *it});
    }
    return page;
}

Result<void> MemoryHistoryStore::prune(std::int64_t minutes_before_ms, std::int64_t hours_before_ms,
                                       std::size_t rows_max) {
    const std::lock_guard lock(state_.mutex);
    const auto old = [&](UsageStep step, std::int64_t at_ms) {
        return at_ms < (step == UsageStep::minute ? minutes_before_ms : hours_before_ms);
    };
    std::erase_if(state_.series, [&](const auto& e) { return old(e.first.step, e.first.at_ms); });
    std::erase_if(state_.latency,
                  [&](const auto& e) { return old(std::get<0>(e.first), std::get<1>(e.first)); });
    // Hours come after minutes, the oldest first.
    const auto hour = [](const auto& e) { return e.first.step == UsageStep::hour; };
    auto rows = static_cast<std::size_t>(std::ranges::count_if(state_.series, hour));
    for (auto it = std::ranges::find_if(state_.series, hour); rows > rows_max; --rows)
        it = state_.series.erase(it);
    return {};
}

}  // namespace kg::store::memory
