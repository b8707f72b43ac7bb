#include "daemon/api/pool_route.hpp"

#include <charconv>

#include "core/http/url.hpp"
#include "core/json/writer.hpp"
#include "daemon/api/doorway.hpp"

namespace kg::api {
namespace {

constexpr std::size_t kPageMax = 200;

void write_endpoints(json::Writer& w, const account::EndpointBreakers& endpoints) {
    w.key("endpoints").begin_array();
    for (const auto& e : endpoints.view()) {
        w.begin_object().member("endpoint", kiro::generation_name(e.generation)).member("region", e.region);
        w.member("circuit", account::circuit_name(e.circuit)).key("since_ms");
        e.since ? w.integer(to_ms(*e.since)) : w.null();
        w.member("next_probe_in_ms", e.opens_in.count()).member("probes", e.probes);
        w.member("calls", e.calls).member("failures", e.failures).end_object();
    }
    w.end_array();
}

void write_quota(json::Writer& w, const std::optional<account::Quota>& quota) {
    w.key("quota");
    if (!quota) {
        w.null();
        return;
    }
    w.begin_object().member("limit", quota->limit).member("used", quota->used);
    w.member("remaining", quota->remaining()).member("resets_at_ms", to_ms(quota->resets_at));
    w.member("told_at_ms", to_ms(quota->told_at)).end_object();
}

void write_rate(json::Writer& w, std::string_view name, const std::optional<account::RateView>& rate) {
    w.key(name);
    if (!rate) {
        w.null();
        return;
    }
    w.begin_object().member("per_minute", rate->per_minute).member("burst", rate->burst);
    w.member("available", rate->available).end_object();
}

void write_account(json::Writer& w, const account::AccountView& a) {
    w.begin_object().member("id", a.id).member("name", a.name).member("enabled", a.enabled);
    w.member("state", account::state_name(a.state)).member("reason", a.reason);
    w.member("since_ms", a.since_ms).member("usable", a.usable).member("in_flight", a.in_flight);
    w.member("health", a.health).member("circuit", account::circuit_name(a.circuit));
    w.member("recovers_in_ms", a.recovers_in.count()).member("probes", a.probes);
    write_quota(w, a.quota);
    write_rate(w, "requests", a.requests);
    write_rate(w, "tokens", a.tokens);
    w.member("refills_in_ms", a.refills_in.count()).end_object();
}

class PoolHandler final : public httpd::Handler {
  public:
    explicit PoolHandler(Context& context) : context_(context) {}

    void on_head(httpd::Exchange& exchange) override {
        const auto& head = exchange.head();
        auto let_in = let_in_stranger(context_, head);
        if (let_in && !context_.access.is_operator(head.headers)) {
            let_in = Err(access::Refusal{
                .error = {.kind = ErrorKind::unauthenticated,
                          .message = "this is for the operator: run `kirogate status` beside the gateway"},
                .limit = {},
                .rates = {}});
        }
        if (!let_in)
            exchange.respond(
                render(let_in.error(), dialect_of(head, context_.dialects), exchange.request_id()));
    }
    void on_request(httpd::Exchange& exchange, std::string) override {
        std::size_t from = 0;
        if (const auto text = http::query_value(exchange.head().query, "from"))
            std::from_chars(text->data(), text->data() + text->size(), from);
        const auto& pool = context_.service.pool;
        const auto total = pool.size();
        http::Response response;
        json::Writer w(response.body);
        w.begin_object().member("total", total).member("waiting", pool.waiting());
        write_endpoints(w, context_.service.pool.endpoints());
        w.key("accounts").begin_array();
        std::size_t count = 0;
        for (const auto& a : pool.view(from, kPageMax)) {
            write_account(w, a);
            ++count;
        }
        w.end_array().key("next");
        count == kPageMax ? w.integer(static_cast<std::int64_t>(from + count)) : w.null();
        w.end_object();
        response.headers.add("content-type", "application/json");
        response.headers.add("cache-control", "no-store");
        exchange.respond(std::move(response));
    }

  private:
    Context& context_;
};

}  // namespace

std::unique_ptr<httpd::Handler> make_pool_handler(Context& context, httpd::Exchange&) {
    return std::make_unique<PoolHandler>(context);
}

}  // namespace kg::api
