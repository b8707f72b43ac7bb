#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/api/routes.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gateway_rig.hpp"

namespace kg::test {

/// One request as a handler sees it; keeps what was answered.
class RecordingExchange final : public httpd::Exchange {
  public:
    explicit RecordingExchange(loop::Loop& loop) : loop_(loop) {}

    const httpd::RequestHead& head() const override { return asked; }
    const std::string& request_id() const override { return id_; }
    loop::Loop& loop() override { return loop_; }
    void respond(http::Response response) override {
        ++answers;
        answer = std::move(response);
    }
    void begin_stream(int status, http::Headers headers) override {
        ++answers;
        answer = {.status = status, .headers = std::move(headers), .body = {}};
    }
    std::string& out() override { return answer.body; }
    Flow commit() override { return Flow::more; }
    void flush() override { written = answer.body.size(); }
    void end_stream() override { ++ends; }
    void abort_stream() override {}
    std::size_t backlog_bytes() const override { return 0; }

    httpd::RequestHead asked;
    http::Response answer;
    int answers = 0;
    int ends = 0;             // of streams
    std::size_t written = 0;  // bytes of the body that had come when it was flushed last

  private:
    loop::Loop& loop_;
    std::string id_ = "req_" + uuid_v4_like();
    static std::string uuid_v4_like() {
        static int n = 0;
        return std::to_string(++n);
    }
};

/// The public routes over a gateway whose upstream the test plays.
struct ApiRig {
    static constexpr const char* kKey = "kg-secret";

    ApiRig() { access.set_proxy_key(sha256("proxy-key")); }

    static store::Key key() {
        store::Key k;
        k.id = "key_1";
        k.name = "ci";
        k.key_hash = sha256(kKey);
        return k;
    }
    std::unique_ptr<RecordingExchange> exchange(const httpd::Route& route, const std::string& key_text = kKey,
                                                const std::string& peer = "192.0.2.1") {
        auto out = std::make_unique<RecordingExchange>(gateway.loop);
        out->asked.method = route.method;
        out->asked.path = route.path;
        out->asked.peer = peer;
        if (!key_text.empty()) out->asked.headers.add("authorization", "Bearer " + key_text);
        return out;
    }
    const httpd::Route& route(http::Method method, const std::string& path) {
        for (const auto& route : routes) {
            if (route.method == method && route.path == path) return route;
        }
        std::abort();
    }
    /// Head and body, until the handler has answered or waits for upstream.
    std::unique_ptr<httpd::Handler> play(RecordingExchange& exchange, const httpd::Route& route,
                                         const std::string& body = "") {
        auto handler = route.make(exchange, "claude-haiku-4-5");
        handler->on_head(exchange);
        if (exchange.answers == 0) handler->on_request(exchange, body);
        gateway.loop.run_once(false);  // conversations begin later in the turn
        return handler;
    }

    GatewayRig gateway;
    access::Authenticator access{gateway.clock};
    access::TrustedProxies proxies;
    api::Dialects dialects{Sealer::from_key(std::string(32, 'k'))};
    std::atomic<bool> draining{false};
    files::Workshop workshop{gateway.loop, gateway.fetcher, gateway.clock};
    api::Context context{gateway.service, access, proxies, gateway.async, dialects, draining, workshop};
    std::vector<httpd::Route> routes = api::public_routes(context);
};

}  // namespace kg::test
