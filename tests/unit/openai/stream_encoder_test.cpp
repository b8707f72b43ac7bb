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
    request.stream = true;
    return request;
}

/// One chunk as the documentation shows it.
std::string chunk(std::string_view delta, std::string_view finish = "null", std::string_view usage = "") {
    std::string text =
        R"(data: {"id":"chatcmpl-AbCdEfGhIjKlMnOpQrStUvWx","object":"chat.completion.chunk","created":1763900000,)"
        R"("model":"claude-sonnet-4-5","choices":[{"index":0,"delta":)";
    text.append(delta).append(R"(,"logprobs":null,"finish_reason":)").append(finish).append("}]");
    return text.append(usage).append("}\n\n");
}

std::string stream(const Request& request, const std::vector<StreamEvent>& events, StopReason reason) {
    return test::play(*kDialect, request, events, reason, test::usage(20, 5)).stream;
}

const std::string kRole = R"({"role":"assistant","content":""})";

}  // namespace

TEST_CASE("C1, K4: reasoning, text and two tool calls are the documented stream, byte for byte") {
    const auto out =
        stream(plain_request(),
               {ThinkingDelta{"Let me see"}, ThinkingSignature{"sig"}, TextDelta{"Checking."},
                ToolUseStart{"call_a", "get_weather"}, ToolInputDelta{"{\"city\":\"Oslo\"}"}, ToolUseEnd{},
                ToolUseStart{"call_b", "get_time"}, ToolInputDelta{"{}"}, ToolUseEnd{}},
               StopReason::tool_use);
    CHECK(
        out ==
        chunk(kRole) + chunk(R"({"reasoning_content":"Let me see"})") + chunk(R"({"content":"Checking."})") +
            chunk(
                R"({"tool_calls":[{"index":0,"id":"call_a","type":"function","function":{"name":"get_weather","arguments":""}}]})") +
            chunk(R"({"tool_calls":[{"index":0,"function":{"arguments":"{\"city\":\"Oslo\"}"}}]})") +
            chunk(
                R"({"tool_calls":[{"index":1,"id":"call_b","type":"function","function":{"name":"get_time","arguments":""}}]})") +
            chunk(R"({"tool_calls":[{"index":1,"function":{"arguments":"{}"}}]})") +
            chunk("{}", "\"tool_calls\"") + "data: [DONE]\n\n");
}

TEST_CASE("7.3: the text of a custom call comes in one piece behind its announcement") {
    auto request = plain_request();
    request.tools = {{"patch", "d", RawJson::trusted("{}")}, {"f", "d", RawJson::trusted("{}")}};
    request.tools[0].raw_text = true;
    const auto out =
        stream(request,
               {ToolUseStart{"call_a", "patch"}, ToolInputDelta{"{\"input\":"}, ToolInputDelta{"\"x\\n\"}"},
                ToolUseEnd{}, ToolUseStart{"call_b", "f"}, ToolUseEnd{}},
               StopReason::tool_use);
    CHECK(
        out ==
        chunk(kRole) +
            chunk(
                R"({"tool_calls":[{"index":0,"id":"call_a","type":"custom","custom":{"name":"patch","input":""}}]})") +
            chunk(R"({"tool_calls":[{"index":0,"custom":{"input":"x\n"}}]})") +
            chunk(
                R"({"tool_calls":[{"index":1,"id":"call_b","type":"function","function":{"name":"f","arguments":""}}]})") +
            chunk(R"({"tool_calls":[{"index":1,"function":{"arguments":"{}"}}]})") +
            chunk("{}", "\"tool_calls\"") + "data: [DONE]\n\n");
}

TEST_CASE("C10, captures 43: the usage chunk follows the flag") {
    auto request = plain_request();
    CHECK(stream(request, {TextDelta{"a"}}, StopReason::end_turn).find("usage") == std::string::npos);
    request.include_usage = true;
    const std::string null_usage = R"(,"usage":null)";
    CHECK(
        stream(request, {TextDelta{"a"}}, StopReason::end_turn) ==
        chunk(kRole, "null", null_usage) + chunk(R"({"content":"a"})", "null", null_usage) +
            chunk("{}", "\"stop\"", null_usage) +
            R"(data: {"id":"chatcmpl-AbCdEfGhIjKlMnOpQrStUvWx","object":"chat.completion.chunk","created":1763900000,"model":"claude-sonnet-4-5",)"
            R"("choices":[],"usage":{"prompt_tokens":20,"completion_tokens":5,"total_tokens":25,"prompt_tokens_details":{"cached_tokens":0},)"
            R"("completion_tokens_details":{"reasoning_tokens":0}}})"
            "\n\ndata: [DONE]\n\n");
}

TEST_CASE("an answer without output still has role, finish reason and [DONE]") {
    CHECK(stream(plain_request(), {}, StopReason::end_turn) ==
          chunk(kRole) + chunk("{}", "\"stop\"") + "data: [DONE]\n\n");
}

TEST_CASE("C4: a call without arguments streams {}") {
    const auto out = stream(plain_request(), {ToolUseStart{"c", "now"}, ToolUseEnd{}}, StopReason::end_turn);
    CHECK(out.find(R"({"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]})") != std::string::npos);
    CHECK(out.find("\"finish_reason\":\"tool_calls\"") != std::string::npos);
}

TEST_CASE("legacy functions: one function_call, later calls are not told") {
    auto request = plain_request();
    request.legacy_functions = true;
    const auto out = stream(request,
                            {ToolUseStart{"c", "f"}, ToolInputDelta{"{\"x\":1}"}, ToolUseEnd{},
                             ToolUseStart{"d", "g"}, ToolInputDelta{"{}"}, ToolUseEnd{}},
                            StopReason::tool_use);
    CHECK(out == chunk(kRole) + chunk(R"({"function_call":{"name":"f","arguments":""}})") +
                     chunk(R"({"function_call":{"arguments":"{\"x\":1}"}})") +
                     chunk("{}", "\"function_call\"") + "data: [DONE]\n\n");
}

TEST_CASE("C11: finish reasons") {
    const auto reason = [](StopReason stop) {
        const auto out = stream(plain_request(), {TextDelta{"a"}}, stop);
        const auto at = out.rfind("\"finish_reason\":\"") + 17;
        return out.substr(at, out.find('"', at) - at);
    };
    CHECK(reason(StopReason::end_turn) == "stop");
    CHECK(reason(StopReason::stop_sequence) == "stop");
    CHECK(reason(StopReason::tool_use) == "stop");
    CHECK(reason(StopReason::max_tokens) == "length");
    CHECK(reason(StopReason::context_window) == "length");
    CHECK(reason(StopReason::refusal) == "content_filter");
}

TEST_CASE("C7: a failure in the stream is one error object without [DONE]") {
    const auto encoder = kDialect->stream(plain_request(), test::answer_context());
    std::string out;
    encoder->begin(out);
    out.clear();
    encoder->fail(Error{.kind = ErrorKind::upstream_failed, .message = "The upstream connection was lost."},
                  out);
    CHECK(out ==
          "data: {\"error\":{\"message\":\"The upstream connection was "
          "lost.\",\"type\":\"server_error\",\"param\":null,\"code\":null}}\n\n");
}

TEST_CASE("C8: keep-alive is a comment line") {
    std::string out;
    kDialect->stream(plain_request(), test::answer_context())->keep_alive(out);
    CHECK(out == ": keep-alive\n\n");
}

TEST_CASE("two calls never share an id, unusable ids are replaced") {
    const auto answer = test::play(*kDialect, plain_request(),
                                   {ToolUseStart{"x", "f"}, ToolUseEnd{}, ToolUseStart{"x", "f"},
                                    ToolUseEnd{}, ToolUseStart{"", "f"}, ToolUseEnd{}},
                                   StopReason::tool_use, test::usage(1, 1));
    const auto whole = test::parse(answer.whole);
    const auto calls = whole.root()["choices"].at(0)["message"]["tool_calls"];
    CHECK(calls.at(0)["id"].text() == "x");
    CHECK(calls.at(1)["id"].text() == "call_AbCdEfGhIjKlMnOpQrStUvWx_1");
    CHECK(calls.at(2)["id"].text() == "call_AbCdEfGhIjKlMnOpQrStUvWx_2");
    CHECK(answer.stream.find("\"id\":\"call_AbCdEfGhIjKlMnOpQrStUvWx_2\"") != std::string::npos);
}
