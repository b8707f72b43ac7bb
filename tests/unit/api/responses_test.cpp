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

namespace {

/// Asks, lets upstream say "hello", and returns what the client got.
http::Response ask(ApiRig& rig, const std::string& body, const std::string& key = ApiRig::kKey) {
    const auto& route = rig.route(http::Method::post, "/v1/responses");
    auto exchange = rig.exchange(route, key);
    const auto handler = rig.play(*exchange, route, body);
    rig.gateway.settle();
    if (exchange->answers == 0)
        rig.gateway.last_chat().answer(200, test::GatewayRig::text_frame("hello") + test::GatewayRig::tail(),
                                       {{"content-type", "application/vnd.amazon.eventstream"}});
    rig.gateway.settle();
    return exchange->answer;
}

http::Response look(ApiRig& rig, http::Method method, const std::string& id,
                    const std::string& key = ApiRig::kKey) {
    const auto& route = rig.route(method, "/v1/responses/*");
    auto exchange = rig.exchange(route, key);
    auto handler = route.make(*exchange, id);
    handler->on_head(*exchange);
    if (exchange->answers == 0) handler->on_request(*exchange, "");
    rig.gateway.settle();
    return exchange->answer;
}

std::string member(const http::Response& response, std::string_view name) {
    return std::string(test::parse(response.body).root()[name].text());
}

void keep_answers(ApiRig& rig, std::size_t number) {
    auto other = ApiRig::key();
    other.id = "key_2";
    other.name = "other";
    other.key_hash = sha256("kg-other");
    rig.access.load({ApiRig::key(), other});
    gateway::Settings settings;
    settings.responses_kept = number;
    rig.gateway.settings.set(settings);
}

}  // namespace

TEST_CASE("7.1: a kept answer is continued, with the whole conversation going upstream") {
    ApiRig rig;
    keep_answers(rig, 10);
    for (const std::string stream : {"", R"(,"stream":true)"}) {
        const auto first = ask(rig, R"({"model":"claude-sonnet-4-5","input":"red")" + stream + "}");
        std::string id = member(first, "id");
        if (!stream.empty()) {
            const auto last = test::parse(test::data_lines(first.body).back());
            id = last.root()["response"]["id"].text();
        }
        REQUIRE(id.starts_with("resp_"));
        const auto second =
            ask(rig, R"({"model":"claude-sonnet-4-5","input":"blue","previous_response_id":")" + id + "\"}");
        CHECK(second.status == 200);
        CHECK(member(second, "previous_response_id") == id);
        const auto third =
            ask(rig, R"({"model":"claude-sonnet-4-5","input":"green","previous_response_id":")" +
                         member(second, "id") + "\"}");
        CHECK(third.status == 200);
        const std::string sent(rig.gateway.last_chat().request.body.view());
        const auto red = sent.find("red"), blue = sent.find("blue"), green = sent.find("green");
        CHECK(sent.find("hello", red) < blue);
        CHECK(sent.find("hello", blue) != std::string::npos);
        CHECK(green != std::string::npos);
    }
}

TEST_CASE("B13, 7.1: kept answers are the key's alone: to read, to continue and to delete") {
    ApiRig rig;
    keep_answers(rig, 10);
    const auto first = ask(rig, R"({"model":"claude-sonnet-4-5","input":"red"})");
    const auto id = member(first, "id");
    CHECK(look(rig, http::Method::get, id).body == first.body);
    for (const auto method : {http::Method::get, http::Method::delete_}) {
        const auto refused = look(rig, method, id, "kg-other");
        CHECK(refused.status == 404);
        CHECK(refused.body.find("invalid_request_error") != std::string::npos);
        CHECK(look(rig, method, id, "wrong").status == 401);
    }
    const std::string next =
        R"({"model":"claude-sonnet-4-5","input":"blue","previous_response_id":")" + id + "\"}";
    const auto foreign = ask(rig, next, "kg-other");
    CHECK(foreign.status == 400);
    CHECK(foreign.body.find("previous_response_not_found") != std::string::npos);
    CHECK(look(rig, http::Method::delete_, id).body ==
          R"({"id":")" + id + R"(","object":"response","deleted":true})");
    CHECK(look(rig, http::Method::get, id).status == 404);
    CHECK(ask(rig, next).status == 400);
}

TEST_CASE("7.1: answers are kept within bounds, and not when the client says so") {
    ApiRig rig;
    keep_answers(rig, 2);
    CHECK(member(ask(rig, R"({"model":"claude-sonnet-4-5","input":"a","store":false})"), "status") ==
          "completed");
    CHECK(rig.gateway.stores->responses().count().value() == 0);
    std::vector<std::string> ids;
    for (int i = 0; i < 3; ++i) {
        rig.gateway.clock.advance(std::chrono::seconds(1));
        ids.push_back(member(ask(rig, R"({"model":"claude-sonnet-4-5","input":"a"})"), "id"));
    }
    CHECK(rig.gateway.stores->responses().count().value() == 2);
    CHECK(look(rig, http::Method::get, ids[0]).status == 404);
    CHECK(look(rig, http::Method::get, ids[2]).status == 200);
    rig.gateway.clock.advance(std::chrono::hours(24 * 31));
    CHECK(look(rig, http::Method::get, ids[2]).status == 404);
}

TEST_CASE("A1, 7.1: a client that leaves while its earlier answer is fetched hears nothing more") {
    ApiRig rig;
    keep_answers(rig, 10);
    const auto& route = rig.route(http::Method::post, "/v1/responses");
    auto exchange = rig.exchange(route);
    auto handler = route.make(*exchange, "");
    handler->on_head(*exchange);
    handler->on_request(*exchange,
                        R"({"model":"claude-sonnet-4-5","input":"a","previous_response_id":"resp_1"})");
    handler.reset();  // before the store could answer
    rig.gateway.settle();
    CHECK(exchange->answers == 0);
    CHECK(rig.gateway.fetcher.count() == 0);
}
