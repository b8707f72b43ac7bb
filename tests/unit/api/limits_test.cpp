#include "core/json/document.hpp"
#include "tests/unit/api/rig.hpp"

using namespace kg;
using namespace std::chrono_literals;
using test::ApiRig;
using test::GatewayRig;

namespace {

const std::string kHello =
    R"({"model":"claude-sonnet-4-5","max_tokens":100,"messages":[{"role":"user","content":"hi"}]})";

bool needs_key(const httpd::Route& route) {
    for (const char* open : {"/health", "/ready", "/api/hello", "/api/pool", "/responses", "/v1/responses"}) {
        if (route.path == open) return false;
    }
    if (route.method == http::Method::post && route.path.ends_with("/responses/*")) return false;
    return route.path != "/";
}

}  // namespace

TEST_CASE("F5: every route of the table is limited by address, before its body is read") {
    ApiRig rig;
    rig.access.load({ApiRig::key()});
    REQUIRE(rig.routes.size() > 10);
    int address = 0;
    for (const auto& route : rig.routes) {
        INFO(http::method_name(route.method) << " " << route.path);
        const auto peer = "10.0.0." + std::to_string(++address);
        rig.access.set_rates({}, {.per_minute = 1});
        for (const std::string key : {ApiRig::kKey, "", "wrong"}) {
            rig.access.set_rates({}, {});
            rig.access.set_rates({}, {.per_minute = 1});
            auto first = rig.exchange(route, key, peer);
            auto handler = rig.play(*first, route, kHello);
            CHECK(first->answer.status != 429);
            auto second = rig.exchange(route, key, peer);
            auto limited = route.make(*second, "x");
            limited->on_head(*second);
            REQUIRE(second->answers == 1);
            CHECK(second->answer.status == 429);
            CHECK(second->answer.headers.get("retry-after") == "60");
            CHECK(second->answer.headers.get("x-kirogate-limit") == "address.requests_per_minute");
            auto elsewhere = rig.exchange(route, key, "192.0.2.99");
            auto let_in = route.make(*elsewhere, "x");
            let_in->on_head(*elsewhere);
            CHECK(elsewhere->answer.status != 429);
        }
    }
    rig.gateway.settle();
}

TEST_CASE("F5: every route that needs a key is limited by the key and by the gateway") {
    for (const bool by_key : {true, false}) {
        ApiRig rig;
        for (const auto& route : rig.routes) {
            if (!needs_key(route)) continue;
            INFO(http::method_name(route.method) << " " << route.path);
            auto key = ApiRig::key();
            rig.access.load({});
            if (by_key) key.requests_per_minute = 1;
            rig.access.load({key});
            rig.access.set_rates({}, {});
            if (!by_key) rig.access.set_rates({.per_minute = 1}, {});
            auto first = rig.exchange(route);
            auto handler = rig.play(*first, route, kHello);
            CHECK(first->answer.status != 429);
            auto second = rig.exchange(route);
            auto limited = rig.play(*second, route, kHello);
            CHECK(second->answer.status == 429);
            CHECK(second->answer.headers.get("x-kirogate-limit") ==
                  (by_key ? "key.requests_per_minute" : "gateway.requests_per_minute"));
            auto wrong = rig.exchange(route, "wrong");
            auto refused = rig.play(*wrong, route, kHello);
            CHECK(wrong->answer.status == 401);
        }
        rig.gateway.settle();
    }
}

TEST_CASE("F6: a refusal tells when, which limit and the rates in the words of each API") {
    ApiRig rig;
    auto key = ApiRig::key();
    key.requests_per_minute = 6;
    key.request_burst = 1;
    rig.access.load({key});
    const auto& openai = rig.route(http::Method::post, "/v1/chat/completions");
    const auto& anthropic = rig.route(http::Method::post, "/v1/messages");
    auto first = rig.exchange(openai);
    auto running = rig.play(*first, openai, kHello);
    CHECK(first->answers == 0);

    auto second = rig.exchange(openai);
    auto refused = rig.play(*second, openai, kHello);
    const auto& o = second->answer;
    CHECK(o.status == 429);
    CHECK(o.headers.get("retry-after") == "10");
    CHECK_FALSE(o.headers.has("x-should-retry"));
    CHECK(o.headers.get("x-ratelimit-limit-requests") == "1");
    CHECK(o.headers.get("x-ratelimit-remaining-requests") == "0");
    CHECK(o.headers.get("x-ratelimit-reset-requests") == "10s");
    CHECK(o.body.find("requests per minute") != std::string::npos);

    auto third = rig.exchange(anthropic);
    auto refused_too = rig.play(*third, anthropic, kHello);
    const auto& a = third->answer;
    CHECK(a.status == 429);
    CHECK(a.headers.get("retry-after") == "10");
    CHECK(a.headers.get("anthropic-ratelimit-requests-limit") == "1");
    CHECK(a.headers.get("anthropic-ratelimit-requests-remaining") == "0");
    CHECK(a.headers.get("anthropic-ratelimit-requests-reset") == "2026-01-01T00:00:10Z");
    CHECK_FALSE(a.headers.has("x-ratelimit-limit-requests"));
    CHECK(a.body.find("rate_limit_error") != std::string::npos);
}

TEST_CASE("the prompt is reserved once it is read, a refusal leaves the key as it was") {
    ApiRig rig;
    auto key = ApiRig::key();
    key.tokens_per_minute = 600;
    rig.access.load({key});
    const auto& route = rig.route(http::Method::post, "/v1/chat/completions");
    const auto ask = [&](std::size_t letters) {
        return R"({"model":"claude-sonnet-4-5","messages":[{"role":"user","content":")" +
               std::string(letters, 'x') + R"("}]})";
    };
    auto first = rig.exchange(route);
    auto running = rig.play(*first, route, ask(1'200));
    CHECK(first->answers == 0);
    auto second = rig.exchange(route);
    auto refused = rig.play(*second, route, ask(1'600));
    CHECK(second->answer.status == 429);
    CHECK(second->answer.headers.get("x-kirogate-limit") == "key.tokens_per_minute");
    CHECK(second->answer.headers.get("x-ratelimit-limit-tokens") == "600");
    const auto usage = rig.access.usage({.kind = access::Principal::Kind::managed,
                                         .refresh_token = {},
                                         .key = std::make_shared<const store::Key>(key)});
    CHECK(usage.streams == 1);

    // What was really used is settled: 13 tokens by the numbers of this upstream.
    GatewayRig::stream(rig.gateway.last_chat(), GatewayRig::text_frame("hello") + GatewayRig::tail());
    rig.gateway.settle();
    CHECK(first->answer.status == 200);
    CHECK(first->answer.headers.has("x-ratelimit-remaining-tokens"));
    auto third = rig.exchange(rig.route(http::Method::get, "/v1/usage"));
    auto told = rig.play(*third, rig.route(http::Method::get, "/v1/usage"));
    const auto document = json::Document::parse(std::string(third->answer.body));
    REQUIRE(document);
    CHECK(document->root()["tokens"].as_int() == 13);
    CHECK(document->root()["credits"].as_double() == 0.25);
    CHECK(document->root()["requests_in_progress"].as_int() == 0);
    const auto limit = document->root()["limits"].at(0);
    CHECK(limit["name"].text() == "tokens_per_minute");
    CHECK(limit["used"].as_int() == 13);
    CHECK(limit["remaining"].as_int() == 587);
    CHECK(limit["resets_at"].text() == "2026-01-01T00:00:01Z");
}

TEST_CASE("a key's own text surrounds the system prompt, its effort fills a gap") {
    ApiRig rig;
    auto key = ApiRig::key();
    key.system_prepend = "FIRST";
    key.system_append = "LAST";
    key.thinking = "high";
    rig.access.load({key});
    const auto& route = rig.route(http::Method::post, "/v1/messages");
    auto exchange = rig.exchange(route);
    auto handler = rig.play(*exchange, route,
                            R"({"model":"claude-sonnet-4-5","max_tokens":9,"system":"MIDDLE","messages":)"
                            R"([{"role":"user","content":"hi"}]})");
    const std::string sent(rig.gateway.last_chat().request.body.view());
    CHECK(sent.find(R"(FIRST\n\nMIDDLE\n\nLAST)") != std::string::npos);
    CHECK(sent.find("thinking") != std::string::npos);
    auto quiet = rig.exchange(route);
    auto other =
        rig.play(*quiet, route,
                 R"({"model":"claude-sonnet-4-5","max_tokens":9,"thinking":{"type":"disabled"},"messages":)"
                 R"([{"role":"user","content":"hi"}]})");
    const std::string silent(rig.gateway.last_chat().request.body.view());
    CHECK(silent.find("thinking") == std::string::npos);
}

TEST_CASE("a strict key turns every warning into a refusal that names it") {
    ApiRig rig;
    auto key = ApiRig::key();
    const auto& route = rig.route(http::Method::post, "/v1/chat/completions");
    const std::string body =
        R"({"model":"claude-sonnet-4-5","temperature":0.2,"messages":[{"role":"user","content":"hi"}]})";
    rig.access.load({key});
    auto lenient = rig.exchange(route);
    auto running = rig.play(*lenient, route, body);
    CHECK(lenient->answers == 0);
    key.strict = true;
    rig.access.load({key});
    auto strict = rig.exchange(route);
    const auto before = rig.gateway.fetcher.count();
    auto refused = rig.play(*strict, route, body);
    CHECK(strict->answer.status == 400);
    CHECK(strict->answer.body.find("temperature") != std::string::npos);
    CHECK(rig.gateway.fetcher.count() == before);
    auto fine = rig.exchange(route);
    auto passed = rig.play(*fine, route, kHello);
    INFO(fine->answer.body);
    CHECK(fine->answers == 0);
}

TEST_CASE("a key's networks are compared with the address that a trusted proxy tells") {
    ApiRig rig;
    rig.proxies = access::TrustedProxies({*IpNetwork::parse("127.0.0.1")});
    auto key = ApiRig::key();
    key.allowed_networks = {"203.0.113.0/24"};
    rig.access.load({key});
    const auto& route = rig.route(http::Method::get, "/v1/models");
    const auto status = [&](const char* peer, const char* forwarded) {
        auto exchange = rig.exchange(route, ApiRig::kKey, peer);
        exchange->asked.headers.add("x-forwarded-for", forwarded);
        auto handler = rig.play(*exchange, route);
        return exchange->answer.status;
    };
    const auto& list = rig.routes;
    CHECK(list.size() > 0);
    CHECK(status("127.0.0.1", "198.51.100.1, 203.0.113.7") == 200);
    CHECK(status("127.0.0.1", "203.0.113.7, 198.51.100.1") == 403);
    CHECK(status("203.0.113.7", "198.51.100.1") == 200);
    CHECK(status("192.0.2.1", "203.0.113.7") == 403);
}
