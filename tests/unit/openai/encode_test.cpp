#include "core/openai/dialect.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/dialect_play.hpp"

using namespace kg;
using namespace kg::chat;

namespace {

const auto kDialect = openai::make_dialect();

Request plain_request() {
    Request request;
    request.model = "claude-sonnet-4-5";
    return request;
}

std::string whole(const Request& request, const std::vector<StreamEvent>& events,
                  const FinalUsage& numbers = test::usage(20, 5)) {
    return test::play(*kDialect, request, events, StopReason::end_turn, numbers).whole;
}

const std::string kHead =
    R"({"id":"chatcmpl-AbCdEfGhIjKlMnOpQrStUvWx","object":"chat.completion","created":1763900000,"model":"claude-sonnet-4-5","choices":[{"index":0,"message":)";
const std::string kUsage =
    R"("usage":{"prompt_tokens":20,"completion_tokens":5,"total_tokens":25,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}}})";

}  // namespace

TEST_CASE("a text answer is the documented body, byte for byte") {
    CHECK(
        whole(plain_request(), {TextDelta{"Hel"}, TextDelta{"lo"}}) ==
        kHead +
            R"({"role":"assistant","content":"Hello","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],)" +
            kUsage);
}

TEST_CASE("C12: text beside tool calls is kept, reasoning has its own member") {
    CHECK(
        whole(plain_request(),
              {ThinkingDelta{"hm"}, TextDelta{"a"}, ToolUseStart{"call_1", "f"}, ToolInputDelta{"{\"x\":"},
               ToolInputDelta{"1}"}, ToolUseEnd{}, TextDelta{"b"}}) ==
        kHead +
            R"({"role":"assistant","content":"ab","reasoning_content":"hm","refusal":null,"annotations":[],)"
            R"("tool_calls":[{"id":"call_1","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}}]},)"
            R"("logprobs":null,"finish_reason":"tool_calls"}],)" +
            kUsage);
}

TEST_CASE("7.3: a call of a custom tool has its text as input, whatever the model made of the one member") {
    auto request = plain_request();
    request.tools = {{"patch", "d", RawJson::trusted("{}")}};
    request.tools[0].raw_text = true;
    for (const char* input : {R"({"input":"a \"b\""})", R"({"patch":"a \"b\""})"}) {
        const auto calls =
            test::parse(whole(request, {ToolUseStart{"c", "patch"}, ToolInputDelta{input}, ToolUseEnd{}}));
        const auto call = calls.root()["choices"].at(0)["message"]["tool_calls"].at(0);
        CHECK(call.raw() == R"({"id":"c","type":"custom","custom":{"name":"patch","input":"a \"b\""}})");
    }
}

TEST_CASE("content is null beside calls without text, and never missing") {
    const auto calls = test::parse(whole(plain_request(), {ToolUseStart{"c", "f"}, ToolUseEnd{}}));
    const auto message = calls.root()["choices"].at(0)["message"];
    CHECK(message["content"].kind() == json::Kind::null);
    CHECK(message["tool_calls"].at(0)["function"]["arguments"].text() == "{}");
    const auto empty = test::parse(whole(plain_request(), {}));
    CHECK(empty.root()["choices"].at(0)["message"]["content"].as_string() == std::string_view());
    CHECK_FALSE(empty.root()["choices"].at(0)["message"]["tool_calls"]);
}

TEST_CASE("legacy functions answer with function_call") {
    auto request = plain_request();
    request.legacy_functions = true;
    CHECK(
        whole(request, {ToolUseStart{"c", "f"}, ToolInputDelta{"{}"}, ToolUseEnd{}}) ==
        kHead +
            R"({"role":"assistant","content":null,"refusal":null,"annotations":[],"function_call":{"name":"f","arguments":"{}"}},)"
            R"("logprobs":null,"finish_reason":"function_call"}],)" +
            kUsage);
}

TEST_CASE("C9: prompt tokens include the cached ones, in both forms alike") {
    auto request = plain_request();
    request.include_usage = true;
    FinalUsage numbers = test::usage(10, 8);
    numbers.cache_read_tokens = 5;
    numbers.cache_write_tokens = 2;
    numbers.thinking_tokens = 3;
    const auto answer = test::play(*kDialect, request, {TextDelta{"a"}}, StopReason::end_turn, numbers);
    const std::string expected =
        R"("usage":{"prompt_tokens":17,"completion_tokens":8,"total_tokens":25,"prompt_tokens_details":{"cached_tokens":5},"completion_tokens_details":{"reasoning_tokens":3}}})";
    CHECK(answer.whole.find(expected) != std::string::npos);
    CHECK(answer.stream.find(expected) != std::string::npos);
}

TEST_CASE("error bodies: one row for each kind") {
    struct Row {
        ErrorKind kind;
        int status;
        std::string_view type;
        std::string_view code;  // JSON
        std::string_view param;
    };
    const std::vector<Row> rows = {
        {ErrorKind::malformed_request, 400, "invalid_request_error", "null", "null"},
        {ErrorKind::unsupported, 400, "invalid_request_error", "\"unsupported_value\"", "null"},
        {ErrorKind::context_too_long, 400, "invalid_request_error", "\"context_length_exceeded\"",
         "\"messages\""},
        {ErrorKind::body_too_large, 413, "invalid_request_error", "\"request_too_large\"", "null"},
        {ErrorKind::unsupported_encoding, 415, "invalid_request_error", "null", "null"},
        {ErrorKind::route_not_found, 404, "invalid_request_error", "null", "null"},
        {ErrorKind::method_not_allowed, 405, "invalid_request_error", "null", "null"},
        {ErrorKind::unauthenticated, 401, "invalid_request_error", "\"invalid_api_key\"", "null"},
        {ErrorKind::model_not_allowed, 403, "invalid_request_error", "\"model_not_allowed\"", "null"},
        {ErrorKind::model_not_found, 404, "invalid_request_error", "\"model_not_found\"", "\"model\""},
        {ErrorKind::key_quota_exhausted, 429, "insufficient_quota", "\"insufficient_quota\"", "null"},
        {ErrorKind::rate_limited, 429, "rate_limit_error", "\"rate_limit_exceeded\"", "null"},
        {ErrorKind::no_account, 503, "server_error", "\"server_overloaded\"", "null"},
        {ErrorKind::upstream_throttled, 429, "rate_limit_error", "\"rate_limit_exceeded\"", "null"},
        {ErrorKind::upstream_overloaded, 503, "server_error", "\"server_overloaded\"", "null"},
        {ErrorKind::upstream_failed, 503, "server_error", "null", "null"},
        {ErrorKind::upstream_timeout, 504, "server_error", "\"timeout\"", "null"},
        {ErrorKind::internal, 500, "server_error", "null", "null"},
    };
    for (const auto& row : rows) {
        INFO(error_name(row.kind));
        const auto response =
            kDialect->encode_error(Error{.kind = row.kind, .message = "Sentence."}, "req_9");
        CHECK(response.status == row.status);
        std::string body = R"({"error":{"message":"Sentence.","type":")";
        body.append(row.type)
            .append(R"(","param":)")
            .append(row.param)
            .append(",\"code\":")
            .append(row.code)
            .append("}}");
        CHECK(response.body == body);
        CHECK(response.headers.get("content-type") == "application/json");
        CHECK(response.headers.has("x-should-retry") == error_row(row.kind).permanent);
        CHECK(response.headers.get("www-authenticate") == (row.status == 401 ? "Bearer" : ""));
    }
    const auto custom = kDialect->encode_error(
        Error{.kind = ErrorKind::unsupported, .message = "x", .param = "n", .code = "mine"}, "");
    CHECK(custom.body ==
          R"({"error":{"message":"x","type":"invalid_request_error","param":"n","code":"mine"}})");
}

TEST_CASE("every error kind has a non-empty message and a status that is an error") {
    for (int kind = 0; kind <= static_cast<int>(ErrorKind::internal); ++kind) {
        const auto response = kDialect->encode_error(Error{.kind = static_cast<ErrorKind>(kind)}, "r");
        CHECK(response.status >= 400);
        CHECK_FALSE(test::parse(response.body).root()["error"]["message"].text().empty());
    }
}

TEST_CASE("models in the OpenAI shape") {
    std::vector<ModelInfo> models(2);
    models[0].id = "claude-sonnet-4-5";
    models[0].created = 1759104000;
    models[1].id = "auto";
    CHECK(
        kDialect->encode_models(models, "limit=1") ==
        R"({"object":"list","data":[{"id":"claude-sonnet-4-5","object":"model","created":1759104000,"owned_by":"anthropic"},)"
        R"({"id":"auto","object":"model","created":0,"owned_by":"kiro"}]})");
    CHECK(kDialect->encode_model(models[1]) ==
          R"({"id":"auto","object":"model","created":0,"owned_by":"kiro"})");
    CHECK(kDialect->encode_models({}, "") == R"({"object":"list","data":[]})");
}
