#include "daemon/admin/settings.hpp"
#include "tests/unit/admin/rig.hpp"

using namespace kg;
using test::AdminRig;
using enum http::Method;

namespace {

store::RequestRecord record(AdminRig& rig, int n, const std::string& error = "") {
    store::RequestRecord r;
    r.request_id = "req_" + std::to_string(n);
    r.started_at_ms = to_ms(rig.gateway.clock.wall());
    r.dialect = n % 2 ? "openai" : "anthropic";
    r.model = r.wire_model = "claude-sonnet-4.5";
    r.account_id = "a0";
    r.key_id = n % 3 ? "key_x" : "";
    r.status = error.empty() ? 200 : 503;
    r.error = error;
    r.first_event_ms = error.empty() ? 120 : -1;
    r.total_ms = 800;
    r.input_tokens = 10;
    r.output_tokens = 5;
    r.credits = 0.5;
    return r;
}

}  // namespace

TEST_CASE("H1 J3: the dashboard's figures derive from the records") {
    AdminRig rig;
    std::vector<store::RequestRecord> batch;
    for (int i = 0; i < 9; ++i) batch.push_back(record(rig, i));
    batch.push_back(record(rig, 9, "upstream_failed"));
    REQUIRE(rig.gateway.stores->usage().record(batch));
    for (const std::string range : {"1h", "6h", "24h", "7d", "30d"}) {
        INFO(range);
        const auto answer = rig.ask_as_admin(get, "/api/usage", "", "range=" + range);
        REQUIRE(answer.status == 200);
        const auto body = AdminRig::json(answer);
        CHECK(body.root()["totals"]["requests"].as_int() == 10);
        CHECK(body.root()["totals"]["successRate"].as_double() == 0.9);
        CHECK(body.root()["totals"]["credits"].as_double() == 5.0);
        CHECK(body.root()["series"].size() == 1);
        CHECK(body.root()["byModel"].at(0)["requests"].as_int() == 10);
        CHECK(body.root()["byKey"].size() == 2);
        CHECK(body.root()["byAccount"].at(0)["id"].text() == "a0");
        CHECK(body.root()["firstEventMs"]["p50"].as_double().value() > 100);
    }
    const auto of_key = AdminRig::json(rig.ask_as_admin(get, "/api/usage", "", "range=1h&keyId=key_x"));
    CHECK(of_key.root()["totals"]["requests"].as_int() == 6);
    CHECK(of_key.root()["byModel"].at(0)["requests"].as_int() == 6);
    CHECK(rig.ask_as_admin(get, "/api/usage", "", "range=2y").status == 400);
    const auto stats = AdminRig::json(rig.ask_as_admin(get, "/api/proxy/stats"));
    CHECK(stats.root()["totalRequests"].as_int() == 10);
    CHECK(stats.root()["totalTokens"].as_int() == 150);
    const auto failed = AdminRig::json(rig.ask_as_admin(get, "/api/proxy/logs", "", "outcome=failed"));
    REQUIRE(failed.root()["logs"].size() == 1);
    CHECK(failed.root()["logs"].at(0)["error"].text() == "upstream_failed");
    const auto account = AdminRig::json(rig.ask_as_admin(get, "/api/accounts/a0/usage"));
    CHECK(account.root()["requestCount"].as_int() == 10);
}

TEST_CASE("H4: Prometheus metrics have stable names, units and bounded labels") {
    AdminRig rig;
    auto& meter = rig.meters.add();
    auto& second = rig.meters.add();
    for (int i = 0; i < 10; ++i) (i % 2 ? meter : second).request(record(rig, i));
    meter.request(record(rig, 11, "upstream_failed"));
    meter.between_events(std::chrono::milliseconds(30));
    for (int i = 0; i < 200; ++i) {
        auto strange = record(rig, 1);
        strange.wire_model = "model-" + std::to_string(i);
        meter.request(strange);
    }
    const auto answer = rig.ask_as_admin(get, "/metrics");
    CHECK(answer.status == 200);
    CHECK(answer.headers.get("content-type") == "text/plain; version=0.0.4; charset=utf-8");
    const auto& text = answer.body;
    const auto has = [&](std::string_view line) { return text.find(line) != text.npos; };
    CHECK(has("kirogate_requests_total{api=\"anthropic\",model=\"claude-sonnet-4.5\",outcome=\"ok\"} 5\n"));
    CHECK(has("outcome=\"failed\"} 1\n"));
    CHECK(has("kirogate_errors_total{kind=\"upstream_failed\"} 1\n"));
    CHECK(has("kirogate_first_event_seconds_bucket{api=\"anthropic\",le=\"0.25\"} 5\n"));
    CHECK(has("kirogate_between_events_seconds_count 1\n"));
    CHECK(has("kirogate_accounts{state=\"ok\"}"));
    CHECK(has("model=\"other\""));
    CHECK_FALSE(has("model-150"));
    CHECK_FALSE(has("key_x"));
    CHECK_FALSE(has("a0"));
    std::size_t series = 0;
    for (std::size_t at = 0; (at = text.find("kirogate_requests_total{", at)) != text.npos; ++at) ++series;
    CHECK(series <= 70);
    // Every line is a comment or a sample, every family is described.
    for (std::size_t at = 0; at < text.size();) {
        const auto end = text.find('\n', at);
        REQUIRE(end != text.npos);
        const auto line = text.substr(at, end - at);
        CHECK((line.starts_with("# ") || line.rfind(' ') != line.npos));
        at = end + 1;
    }
}

TEST_CASE("J6: the live tail tells each request once, and a listener that sleeps loses lines, not memory") {
    AdminRig rig;
    rig.tail.publish(record(rig, 0));  // nobody listens
    test::RecordingExchange exchange(rig.gateway.loop);
    exchange.asked.method = get;
    exchange.asked.path = "/api/proxy/logs/live";
    exchange.asked.peer = "192.0.2.7";
    exchange.asked.headers.add("authorization", std::string("Bearer ") + AdminRig::kPassword);
    auto handler = rig.routes.front().make(exchange, "");
    handler->on_head(exchange);
    handler->on_request(exchange, "");
    REQUIRE(exchange.answers == 1);
    CHECK(exchange.answer.headers.get("content-type").starts_with("text/event-stream"));
    for (int i = 1; i <= 300; ++i) rig.tail.publish(record(rig, i));
    rig.gateway.loop.run_once(false);
    const auto& text = exchange.answer.body;
    std::size_t lines = 0;
    for (std::size_t at = 0; (at = text.find("event: request\n", at)) != text.npos; ++at) ++lines;
    CHECK(lines == gateway::RequestTail::kLinesMax);
    CHECK(text.find("event: dropped\ndata: {\"count\":44}") != text.npos);
    CHECK(text.find("req_0\"") == text.npos);
    handler.reset();
    rig.tail.publish(record(rig, 301));  // to nobody again
    rig.gateway.loop.run_once(false);
    rig.tail.close();
    CHECK(rig.tail.listen(rig.gateway.wakeup.door(), [] {}) == nullptr);
}
