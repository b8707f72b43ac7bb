#include "daemon/api/usage_route.hpp"

#include <algorithm>

#include "core/json/writer.hpp"
#include "daemon/api/doorway.hpp"

namespace kg::api {
namespace {

void write_time(json::Writer& w, std::string_view name, std::optional<WallTime> at) {
    w.key(name);
    at ? w.string(rfc3339(*at)) : w.null();
}

void write_list(json::Writer& w, std::string_view name, const std::vector<std::string>& items) {
    w.key(name).begin_array();
    for (const auto& item : items) w.string(item);
    w.end_array();
}

void write_key(json::Writer& w, const store::Key& key) {
    w.begin_object().member("id", key.id).member("name", key.name);
    write_time(w, "expires_at",
               key.expires_at_ms ? std::optional(wall_from_ms(*key.expires_at_ms)) : std::nullopt);
    write_list(w, "allowed_models", key.allowed_models);
    write_list(w, "denied_models", key.denied_models);
    w.member("time_zone", key.time_zone.empty() ? std::string_view("UTC") : std::string_view(key.time_zone));
    w.member("strict", key.strict).end_object();
}

void write_limit(json::Writer& w, const access::LimitUse& limit) {
    w.begin_object().member("name", limit.name).member("limit", limit.limit).member("used", limit.used);
    w.member("reserved", limit.reserved);
    w.member("remaining", std::max(limit.limit - limit.used - limit.reserved, 0.0));
    write_time(w, "resets_at", limit.resets_at);
    w.end_object();
}

std::string usage_json(const access::KeyUsage& usage) {
    std::string body;
    json::Writer w(body);
    w.begin_object().member("object", "usage").key("key");
    usage.key ? write_key(w, *usage.key) : static_cast<void>(w.null());
    // The proxy key is shared by all who know it: its use is the operator's business.
    if (usage.key) {
        w.member("requests", usage.requests).member("tokens", usage.tokens).member("credits", usage.credits);
        w.member("requests_in_progress", usage.streams);
    }
    w.key("limits").begin_array();
    for (const auto& limit : usage.limits) write_limit(w, limit);
    w.end_array().end_object();
    return body;
}

class UsageHandler final : public httpd::Handler {
  public:
    explicit UsageHandler(Context& context) : context_(context) {}

    void on_head(httpd::Exchange& exchange) override {
        auto visitor = let_in_light(context_, exchange.head());
        if (visitor)
            principal_ = std::move(visitor->principal);
        else
            exchange.respond(render(visitor.error(), dialect_of(exchange.head(), context_.dialects),
                                    exchange.request_id()));
    }
    void on_request(httpd::Exchange& exchange, std::string) override {
        http::Response response;
        response.headers.add("content-type", "application/json");
        response.headers.add("cache-control", "no-store");
        response.body = usage_json(context_.access.usage(principal_));
        exchange.respond(std::move(response));
    }

  private:
    Context& context_;
    access::Principal principal_;
};

}  // namespace

std::unique_ptr<httpd::Handler> make_usage_handler(Context& context, httpd::Exchange&) {
    return std::make_unique<UsageHandler>(context);
}

}  // namespace kg::api
