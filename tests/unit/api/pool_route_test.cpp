#include <set>

#include "core/json/document.hpp"
#include "tests/unit/api/rig.hpp"

using namespace kg;
using test::ApiRig;

TEST_CASE("F3: the state of the pool is for the operator alone, and looking changes nothing") {
    ApiRig rig;
    rig.access.load({ApiRig::key()});
    rig.access.set_proxy_key(sha256("proxy"));
    const auto& route = rig.route(http::Method::get, "/api/pool");
    for (const std::string key : {ApiRig::kKey, "proxy", "operator", ""}) {
        auto exchange = rig.exchange(route, key);
        auto handler = rig.play(*exchange, route);
        CHECK(exchange->answer.status == 401);
        CHECK(exchange->answer.body.find("acc") == std::string::npos);
    }
    rig.access.set_operator_key(sha256("operator"));
    kiro::Failure throttled;
    throttled.cls = kiro::FailureClass::rate_limited_user;
    rig.gateway.pool.report_failure("a0", "m", throttled);
    auto pass = rig.gateway.pool.endpoints().admit(kiro::Generation::runtime, "us-east-1");
    std::string before;
    for (int i = 0; i < 3; ++i) {
        auto exchange = rig.exchange(route, "operator");
        auto handler = rig.play(*exchange, route);
        CHECK(exchange->answer.status == 200);
        auto body = json::Document::parse(exchange->answer.body);
        REQUIRE(body);
        const auto root = body->root();
        CHECK(root["total"].as_int() == 2);
        CHECK(root["next"].is_null_or_missing());
        const auto first = root["accounts"].at(0);
        CHECK(first["id"].text() == "a0");
        CHECK(first["state"].text() == "cooling");
        CHECK(first["circuit"].text() == "open");
        CHECK(first["recovers_in_ms"].as_int() > 0);
        CHECK(first["since_ms"].as_int() == to_ms(rig.gateway.clock.wall()));
        CHECK(root["accounts"].at(1)["usable"].as_bool() == true);
        CHECK(root["endpoints"].at(0)["circuit"].text() == "closed");
        if (i > 0) CHECK(exchange->answer.body == before);
        before = exchange->answer.body;
    }
}

TEST_CASE("a large pool is told page by page") {
    ApiRig rig;
    rig.access.set_operator_key(sha256("operator"));
    for (int i = 0; i < 403; ++i) rig.gateway.add_account("b" + std::to_string(1000 + i));
    rig.gateway.reload();
    const auto& route = rig.route(http::Method::get, "/api/pool");
    std::set<std::string> seen;
    std::string query;
    for (int page = 0; page < 10; ++page) {
        auto exchange = rig.exchange(route, "operator");
        exchange->asked.query = query;
        auto handler = rig.play(*exchange, route);
        auto body = json::Document::parse(exchange->answer.body);
        REQUIRE(body);
        for (const auto account : body->root()["accounts"].children()) seen.emplace(account["id"].text());
        const auto next = body->root()["next"].as_int();
        if (!next) break;
        query = "from=" + std::to_string(*next);
    }
    CHECK(seen.size() == 405);
}
