#include <algorithm>

#include "core/json/writer.hpp"
#include "daemon/admin/json_out.hpp"
#include "daemon/admin/office.hpp"
#include "daemon/admin/verbs.hpp"
#include "kirogate_version.hpp"

/// What the seed's status, health, stats and metrics tell (1.4). Strangers learn that the gateway runs and
/// whether it is ready, nothing else (seed B11). Looking changes nothing (seed F3).
namespace kg::admin::verbs {
namespace {

constexpr std::size_t kViewsAtOnce = 200;

struct PoolCounts {
    std::size_t total = 0, available = 0, in_flight = 0;
};

PoolCounts count(const account::Pool& pool) {
    PoolCounts out;
    for (std::size_t from = 0;; from += kViewsAtOnce) {
        const auto views = pool.view(from, kViewsAtOnce);
        for (const auto& view : views) {
            ++out.total;
            out.available += view.usable;
            out.in_flight += view.in_flight;
        }
        if (views.size() < kViewsAtOnce) return out;
    }
}

/// The worst of all endpoints: closed, half-open or open.
std::string_view circuit_of(account::Pool& pool) {
    auto worst = account::Circuit::closed;
    for (const auto& endpoint : pool.endpoints().view()) {
        if (endpoint.circuit == account::Circuit::open) return account::circuit_name(endpoint.circuit);
        if (endpoint.circuit != account::Circuit::closed) worst = endpoint.circuit;
    }
    return account::circuit_name(worst);
}

std::int64_t uptime_s(Office& office) {
    return (office.parts().clock.wall() - office.started()).count() / 1000;
}

void write_endpoints(json::Writer& w, account::Pool& pool) {
    w.key("endpointHealth").begin_array();
    for (const auto& e : pool.endpoints().view()) {
        w.begin_object().member("endpoint", kiro::generation_name(e.generation)).member("region", e.region);
        w.member("circuit", account::circuit_name(e.circuit)).member("totalRequests", e.calls);
        w.member("failCount", e.failures).member("nextProbeInMs", e.opens_in.count());
        write_time(w, "since", e.since ? to_ms(*e.since) : 0);
        w.end_object();
    }
    w.end_array();
}

void write_counters(json::Writer& w, Office& office, const store::UsageTotals& totals) {
    const auto& stats = office.parts().stats;
    w.member("totalRequests", totals.requests).member("successRequests", totals.requests - totals.errors);
    w.member("errorRequests", totals.errors).member("totalInputTokens", totals.input_tokens);
    w.member("totalOutputTokens", totals.output_tokens);
    w.member("totalTokens", totals.input_tokens + totals.output_tokens)
        .member("totalCredits", totals.credits);
    w.member("activeRequests", stats.active.load())
        .member("upstreamAttempts", stats.upstream_attempts.load());
    w.member("failovers", stats.failovers.load()).member("continuations", totals.continuations);
    w.member("cutToolCalls", totals.cut_tools);
    w.member("startTime", to_ms(office.started())).member("uptime", uptime_s(office));
}

void write_compression(json::Writer& w, const store::UsageTotals& t) {
    w.key("compression").begin_object().member("compressionCount", t.compressed);
    w.member("tokensSaved", t.tokens_saved).member("summaries", t.summaries);
    w.member("cacheHits", t.summaries_cached).member("failed", t.summaries_failed).end_object();
}

Result<void, Failure> write_log(json::Writer& w, store::Stores& stores, std::string_view name) {
    KG_ASK(page, stores.history().requests({.limit = 100}));
    w.key(name).begin_array();
    for (const auto& row : page.rows) write_request(w, row.record);
    w.end_array();
    return {};
}

}  // namespace

Reply proxy_status(Call& call) {
    auto& parts = call.office.parts();
    const bool ready = parts.pool.any_usable() && !parts.draining.load(std::memory_order_relaxed);
    std::string body;
    json::Writer w(body);
    w.begin_object().member("status", "running").member("ready", ready);
    if (call.caller.kind != Caller::Kind::nobody) {
        const auto pool = count(parts.pool);
        w.member("version", kVersion).member("uptime", uptime_s(call.office)).member("accounts", pool.total);
        w.member("available", pool.available).member("circuitBreaker", circuit_of(parts.pool));
        w.member("draining", parts.draining.load());
    }
    w.end_object();
    return json_response(200, std::move(body));
}

Reply proxy_health(Call& call) {
    auto& parts = call.office.parts();
    const bool healthy = parts.pool.any_usable() && !parts.draining.load(std::memory_order_relaxed);
    std::string body;
    json::Writer w(body);
    w.begin_object().member("healthy", healthy);
    if (call.caller.kind != Caller::Kind::nobody) {
        const auto pool = count(parts.pool);
        w.key("accounts").begin_object().member("total", pool.total).member("available", pool.available);
        w.member("inFlight", pool.in_flight).member("waiting", parts.pool.waiting()).end_object();
        w.member("circuitBreaker", circuit_of(parts.pool));
        write_endpoints(w, parts.pool);
        w.member("recordsLost", parts.async.lost());
    }
    w.end_object();
    return json_response(healthy ? 200 : 503, std::move(body));
}

Reply proxy_stats(Call& call, store::Stores& stores) {
    KG_ASK(totals, stores.usage().totals());
    std::string body;
    json::Writer w(body);
    w.begin_object();
    write_counters(w, call.office, totals);
    write_endpoints(w, call.office.parts().pool);
    write_compression(w, totals);
    KG_CHECK(write_log(w, stores, "requestLog"));
    w.end_object();
    return json_response(200, std::move(body));
}

Reply json_metrics(Call& call, store::Stores& stores) {
    KG_ASK(totals, stores.usage().totals());
    std::string body;
    json::Writer w(body);
    w.begin_object();
    write_counters(w, call.office, totals);
    w.member("accounts", call.office.parts().pool.size());
    KG_CHECK(write_log(w, stores, "requestLog"));
    w.end_object();
    return json_response(200, std::move(body));
}

Reply list_models(Call& call) {
    const auto list = call.office.parts().catalog.current();
    std::string body;
    json::Writer w(body);
    w.begin_object().member("live", list->live).key("models").begin_array();
    for (const auto& model : list->models) {
        w.begin_object().member("id", kiro::public_name(model.info.id)).member("wireId", model.info.id);
        w.member("name", model.info.display_name).member("contextWindow", model.info.context_tokens);
        w.member("maxOutputTokens", model.info.output_tokens);
        w.member("thinking", model.capabilities.native_thinking);
        write_texts(w, "efforts", model.capabilities.efforts);
        w.end_object();
    }
    w.end_array().member("total", list->models.size()).end_object();
    return json_response(200, std::move(body));
}

}  // namespace kg::admin::verbs
