#include <algorithm>

#include "core/gateway/chat_job.hpp"

namespace kg::gateway {

void fill_record(store::RequestRecord& record, const JobReport& report, SteadyTime started) {
    record.wire_model = report.wire_model;
    record.account_id = report.account_id;
    record.attempts = report.attempts;
    if (report.first_event) {
        record.first_event_ms =
            std::chrono::duration_cast<std::chrono::milliseconds>(*report.first_event - started).count();
    }
    record.input_tokens = static_cast<std::int64_t>(report.usage.input_tokens);
    record.output_tokens = static_cast<std::int64_t>(report.usage.output_tokens);
    record.cache_read_tokens = static_cast<std::int64_t>(report.usage.cache_read_tokens);
    record.cache_write_tokens = static_cast<std::int64_t>(report.usage.cache_write_tokens);
    record.credits = report.usage.credits;
    record.continuations = report.continuations;
    record.cut_tools = report.cut_tool ? 1 : 0;
    record.repairs = report.repairs;
    record.web_searches = report.usage.web_searches;
    if (!report.compression || !report.compression->changed) return;
    const auto& c = *report.compression;
    const auto count = [](std::size_t n) { return static_cast<std::int64_t>(n); };
    record.compressed = 1;
    record.summaries = count(c.chunks);
    record.summaries_cached = count(c.cached + c.shared);
    record.summaries_failed = count(c.failed);
    record.tokens_saved = std::max(count(c.before.tokens) - count(c.after.tokens), std::int64_t{0});
}

}  // namespace kg::gateway
