#include "tests/support/dialect_play.hpp"
#include "tests/unit/api/rig.hpp"

using namespace kg;
using test::ApiRig;

namespace {

constexpr const char* kStreamed = R"({"model":"claude-sonnet-4-5","stream":true,"input":"hi"})";

std::string last_event(const std::string& body) {
    const auto lines = test::data_lines(body);
    return lines.empty() ? "" : std::string(test::parse(lines.back()).root()["type"].text());
}

}  // namespace

TEST_CASE("7.5: a streamed response larger than an answer may be ends failed") {
    ApiRig rig;
    rig.access.load({ApiRig::key()});
    gateway::Settings small;
    small.answer_max_bytes = 10'000;
    rig.gateway.settings.set(small);
    const auto& route = rig.route(http::Method::post, "/v1/responses");
    auto exchange = rig.exchange(route);
    const auto handler = rig.play(*exchange, route, kStreamed);
    auto& call = rig.gateway.last_chat();
    call.answer(200, test::GatewayRig::text_frame(std::string(12'000, 'x')) + test::GatewayRig::tail(),
                {{"content-type", "application/vnd.amazon.eventstream"}});
    CHECK(exchange->answer.status == 200);
    CHECK(last_event(exchange->answer.body) == "response.failed");
    CHECK(exchange->answer.body.find("response.completed") == std::string::npos);
}

TEST_CASE("E1, 7.5: before the first event a failed response moves to another account unseen") {
    ApiRig rig;
    rig.access.load({ApiRig::key()});
    const auto& route = rig.route(http::Method::post, "/v1/responses");
    auto exchange = rig.exchange(route);
    const auto handler = rig.play(*exchange, route, kStreamed);
    rig.gateway.last_chat().answer(429, R"({"__type":"ThrottlingException","message":"slow"})", {});
    rig.gateway.settle();
    rig.gateway.last_chat().answer(200, test::GatewayRig::text_frame("hello") + test::GatewayRig::tail(),
                                   {{"content-type", "application/vnd.amazon.eventstream"}});
    CHECK(last_event(exchange->answer.body) == "response.completed");
    CHECK(exchange->answer.headers.get("x-kirogate-model") == "claude-sonnet-4.5");
}

TEST_CASE("F5, 7.6: counting the tokens of an input is local and needs a key") {
    ApiRig rig;
    rig.access.load({ApiRig::key()});
    const auto& route = rig.route(http::Method::post, "/v1/responses/input_tokens");
    auto counted = rig.exchange(route);
    auto handler = rig.play(*counted, route, R"({"model":"claude-sonnet-4-5","input":"some words"})");
    CHECK(counted->answer.status == 200);
    CHECK(rig.gateway.fetcher.count() == 0);
    auto stranger = rig.exchange(route, "");
    handler = rig.play(*stranger, route, "{}");
    CHECK(stranger->answer.status == 401);
}
