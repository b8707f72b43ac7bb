#pragma once

#include <memory>
#include <string>

#include "core/config/load.hpp"
#include "core/json/document.hpp"
#include "daemon/admin/handler.hpp"
#include "daemon/admin/operation.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gateway_rig.hpp"
#include "tests/unit/api/rig.hpp"

namespace kg::test {

/// Settings without files: what is stored holds.
class MemoryConfiguration final : public admin::Configuration {
  public:
    MemoryConfiguration() { apply(load({}).value()); }
    std::shared_ptr<const config::Loaded> current() const override { return current_; }
    Result<config::Loaded> load(const Stored& stored) const override {
        config::LoadInput input;
        input.environment = [this](std::string_view name) -> std::optional<std::string> {
            if (name == "KIROGATE_LOG_FORMAT" && log_format_is_fixed) return "json";
            return std::nullopt;
        };
        input.stored = stored;
        input.system_path = "/nonexistent/kirogate.toml";
        return config::load(input);
    }
    void apply(config::Loaded loaded) override {
        current_ = std::make_shared<const config::Loaded>(std::move(loaded));
        ++applied;
    }
    int applied = 0;
    bool log_format_is_fixed = true;

  private:
    std::shared_ptr<const config::Loaded> current_;
};

/// What comes with a request.
struct Asked {
    std::string bearer{}, cookie{}, csrf{}, body{}, query{}, if_match{}, origin{}, peer = "192.0.2.7";
    std::vector<std::pair<std::string, std::string>> headers{};
};

/// The admin API over a gateway in memory; every answer is waited for.
struct AdminRig {
    static constexpr const char* kPassword = "correct horse battery";

    explicit AdminRig(bool configured_password = true) {
        REQUIRE(office.load(configured_password ? Secret(kPassword) : Secret()));
        office.guard().set_operator(sha256("operator-token"));
        routes = admin::routes(office, gateway.wakeup.door());
    }

    using Asked = test::Asked;
    /// The answer to one request, from head to end.
    http::Response ask(http::Method method, const std::string& path, const Asked& asked = {}) {
        RecordingExchange exchange(gateway.loop);
        exchange.asked.method = method;
        exchange.asked.path = path;
        exchange.asked.query = asked.query;
        exchange.asked.peer = asked.peer;
        auto& headers = exchange.asked.headers;
        headers.add("host", "gateway.example");
        if (!asked.bearer.empty()) headers.add("authorization", "Bearer " + asked.bearer);
        if (!asked.cookie.empty()) headers.add("cookie", "a=b; kirogate_session=" + asked.cookie);
        if (!asked.csrf.empty()) headers.add("x-csrf-token", asked.csrf);
        if (!asked.if_match.empty()) headers.add("if-match", asked.if_match);
        if (!asked.origin.empty()) headers.add("origin", asked.origin);
        for (const auto& [name, value] : asked.headers) headers.add(name, value);
        for (const auto& route : routes) {
            if (route.method != method || (route.path != path && route.path != "/api/*")) continue;
            auto handler = route.make(exchange, "");
            handler->on_head(exchange);
            if (exchange.answers == 0) handler->on_request(exchange, asked.body);
            while (exchange.answers == 0) gateway.loop.run_once(true);  // the door wakes it
            gateway.async.flush();
            return exchange.answer;
        }
        FAIL("no route for " << path);
        return {};
    }
    http::Response ask_as_admin(http::Method method, const std::string& path, const std::string& body = "",
                                const std::string& query = "") {
        return ask(method, path, {.bearer = kPassword, .body = body, .query = query});
    }
    static json::Document json(const http::Response& response) {
        auto document = json::Document::parse(response.body);
        REQUIRE(document);
        return *document;
    }
    struct SignedIn {
        std::string cookie, csrf;
    };
    SignedIn sign_in(const std::string& brought = "") {
        const auto answer =
            ask(http::Method::post, "/api/login",
                {.cookie = brought, .body = R"({"password":")" + std::string(kPassword) + "\"}"});
        REQUIRE(answer.status == 200);
        const std::string set(answer.headers.get("set-cookie"));
        const auto begin = set.find('=') + 1;
        return {set.substr(begin, set.find(';') - begin),
                std::string(json(answer).root()["csrfToken"].text())};
    }

    GatewayRig gateway;
    account::LoginChecks checks{
        {gateway.loop, gateway.fetcher, gateway.keeper, gateway.pool, gateway.clock, gateway.upstream}};
    access::Authenticator access{gateway.clock};
    access::TrustedProxies proxies;
    gateway::Meters meters;
    gateway::RequestTail tail;
    httpd::ServerGauges gauges;
    std::atomic<bool> draining{false};
    MemoryConfiguration configuration;
    int changes = 0;
    admin::Office office{admin::Parts{.stores = *gateway.stores,
                                      .async = gateway.async,
                                      .pool = gateway.pool,
                                      .keeper = gateway.keeper,
                                      .checks = checks,
                                      .catalog = gateway.catalog,
                                      .access = access,
                                      .proxies = proxies,
                                      .stats = gateway.stats,
                                      .meters = meters,
                                      .tail = tail,
                                      .gauges = gauges,
                                      .draining = draining,
                                      .configuration = configuration,
                                      .clock = gateway.clock,
                                      .random = gateway.random,
                                      .changed = [this] { gateway.reload(); }},
                         {}};
    std::vector<httpd::Route> routes;
};

}  // namespace kg::test
