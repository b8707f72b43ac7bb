#include "daemon/api/request_trace.hpp"

#include "core/base/log.hpp"

namespace kg::api {
namespace {

std::int64_t ms_between(SteadyTime from, SteadyTime to) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(to - from).count();
}

}  // namespace

RequestTrace::RequestTrace(Context& context, httpd::Exchange& exchange, std::string_view dialect)
    : context_(context), started_(context.service.clock.steady()) {
    record_.request_id = exchange.request_id();
    record_.dialect = dialect;
    record_.started_at_ms = to_ms(context.service.clock.wall());
}

void RequestTrace::set_request(const chat::Request& request) {
    record_.model = request.model.substr(0, 128);
    record_.stream = request.stream;
}

void RequestTrace::take(const gateway::JobReport& report) {
    gateway::fill_record(record_, report, started_);
}

void RequestTrace::close(int status, std::string_view error, std::string_view detail) {
    if (std::exchange(closed_, true)) return;
    record_.status = status;
    record_.error = error;
    record_.total_ms = ms_between(started_, context_.service.clock.steady());
    auto& stats = context_.service.stats;
    stats.requests.fetch_add(1, std::memory_order_relaxed);
    if (error == "cancelled")
        stats.cancelled.fetch_add(1, std::memory_order_relaxed);
    else if (!error.empty())
        stats.errors.fetch_add(1, std::memory_order_relaxed);
    const auto level = error.empty() || error == "cancelled" ? log::Level::info : log::Level::warn;
    if (log::enabled(level)) {
        log::write(level, "request", error.empty() ? "done" : "failed",
                   {{"id", record_.request_id},
                    {"api", record_.dialect},
                    {"model", record_.wire_model.empty() ? record_.model : record_.wire_model},
                    {"stream", record_.stream},
                    {"status", status},
                    {"error", error},
                    {"account", record_.account_id},
                    {"key", record_.key_id},
                    {"attempts", record_.attempts},
                    {"first_ms", record_.first_event_ms},
                    {"ms", record_.total_ms},
                    {"in", record_.input_tokens},
                    {"out", record_.output_tokens},
                    {"credits", record_.credits},
                    {"detail", detail}});
    }
    if (context_.meter) context_.meter->request(record_);
    if (context_.tail) context_.tail->publish(record_);
    context_.store.record(std::move(record_));
}

}  // namespace kg::api
