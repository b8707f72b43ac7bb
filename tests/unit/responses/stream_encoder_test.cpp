#include "tests/support/catch.hpp"
#include "tests/support/dialect_play.hpp"
#include "tests/support/responses_dialect.hpp"

using namespace kg;
using namespace kg::chat;

namespace {

const auto kDialect = test::responses_dialect();
const std::string kUnique = "AbCdEfGhIjKlMnOpQrStUvWx";

Request accept(const std::string& text) {
    auto request = test::decode(*kDialect, text);
    INFO(text);
    if (!request) FAIL(request.error().message);
    return std::move(*request);
}

std::string frame(int sequence, const std::string& type, const std::string& rest) {
    return "event: response." + type + "\ndata: {\"type\":\"response." + type +
           "\",\"sequence_number\":" + std::to_string(sequence) + "," + rest + "}\n\n";
}

/// The response of client-apis 7.4 for {"model":"claude-sonnet-4-5","input":"q"}.
std::string response(const std::string& status, const std::string& output, const std::string& usage,
                     const std::string& error = "null", const std::string& incomplete = "null") {
    return R"("response":{"id":"resp_)" + kUnique +
           R"(","object":"response","created_at":1763900000,"status":")" + status +
           R"(","background":false,"error":)" + error + R"(,"incomplete_details":)" + incomplete +
           R"(,"instructions":null,"max_output_tokens":null,"model":"claude-sonnet-4-5","output":[)" +
           output +
           R"(],"parallel_tool_calls":true,"previous_response_id":null,"reasoning":{"effort":null,"summary":null},)"
           R"("store":false,"temperature":1.0,"text":{"format":{"type":"text"}},"tool_choice":"auto","tools":[],)"
           R"("top_p":1.0,"truncation":"disabled","usage":)" +
           usage + R"(,"user":null,"metadata":{}})";
}

std::string usage(int input, int output) {
    return R"({"input_tokens":)" + std::to_string(input) +
           R"(,"input_tokens_details":{"cached_tokens":0},"output_tokens":)" + std::to_string(output) +
           R"(,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":)" +
           std::to_string(input + output) + "}";
}

const std::string kPlain = R"({"model":"claude-sonnet-4-5","input":"q","stream":true})";

std::string stream(const std::string& request, const std::vector<StreamEvent>& events, StopReason reason) {
    return test::play(*kDialect, accept(request), events, reason, test::usage(20, 9)).stream;
}

json::Document last_event(const std::string& stream) {
    return test::parse(test::data_lines(stream).back());
}

}  // namespace

TEST_CASE("7.5: reasoning, text and a call are the documented stream, byte for byte") {
    const auto out =
        stream(kPlain,
               {ThinkingDelta{"Let me see"}, ThinkingSignature{"sig"}, TextDelta{"Check"}, TextDelta{"ing."},
                ToolUseStart{"call_1", "get_weather"}, ToolInputDelta{"{\"city\":\"Oslo\"}"}, ToolUseEnd{}},
               StopReason::tool_use);
    const std::string rs = "rs_" + kUnique + "_0", msg = "msg_" + kUnique + "_1", fc = "fc_" + kUnique + "_2";
    const std::string rs_at = R"("item_id":")" + rs + R"(","output_index":0,"summary_index":0,)";
    const std::string msg_at = R"("item_id":")" + msg + R"(","output_index":1,"content_index":0,)";
    const std::string fc_at = R"("item_id":")" + fc + R"(","output_index":2,)";
    const std::string rs_done =
        R"({"id":")" + rs +
        R"(","type":"reasoning","summary":[{"type":"summary_text","text":"Let me see"}],)"
        R"("encrypted_content":null})";
    const std::string msg_done =
        R"({"id":")" + msg +
        R"(","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text",)"
        R"("text":"Checking.","annotations":[],"logprobs":[]}]})";
    const std::string fc_done =
        R"({"id":")" + fc +
        R"(","type":"function_call","status":"completed","call_id":"call_1","name":"get_weather",)"
        R"("arguments":"{\"city\":\"Oslo\"}"})";
    const auto running = response("in_progress", "", "null");
    int n = 0;
    std::string expected = frame(n++, "created", running);
    expected += frame(n++, "in_progress", running);
    expected += frame(n++, "output_item.added",
                      R"("output_index":0,"item":{"id":")" + rs +
                          R"(","type":"reasoning","summary":[],"encrypted_content":null})");
    expected +=
        frame(n++, "reasoning_summary_part.added", rs_at + R"("part":{"type":"summary_text","text":""})");
    expected += frame(n++, "reasoning_summary_text.delta", rs_at + R"("delta":"Let me see")");
    expected += frame(n++, "reasoning_summary_text.done", rs_at + R"("text":"Let me see")");
    expected += frame(n++, "reasoning_summary_part.done",
                      rs_at + R"("part":{"type":"summary_text","text":"Let me see"})");
    expected += frame(n++, "output_item.done", R"("output_index":0,"item":)" + rs_done);
    expected += frame(n++, "output_item.added",
                      R"("output_index":1,"item":{"id":")" + msg +
                          R"(","type":"message","status":"in_progress","role":"assistant","content":[]})");
    expected += frame(n++, "content_part.added",
                      msg_at + R"("part":{"type":"output_text","text":"","annotations":[],"logprobs":[]})");
    expected += frame(n++, "output_text.delta", msg_at + R"("delta":"Check","logprobs":[])");
    expected += frame(n++, "output_text.delta", msg_at + R"("delta":"ing.","logprobs":[])");
    expected += frame(n++, "output_text.done", msg_at + R"("text":"Checking.","logprobs":[])");
    expected +=
        frame(n++, "content_part.done",
              msg_at + R"("part":{"type":"output_text","text":"Checking.","annotations":[],"logprobs":[]})");
    expected += frame(n++, "output_item.done", R"("output_index":1,"item":)" + msg_done);
    expected += frame(
        n++, "output_item.added",
        R"("output_index":2,"item":{"id":")" + fc +
            R"(","type":"function_call","status":"in_progress","call_id":"call_1","name":"get_weather","arguments":""})");
    expected += frame(n++, "function_call_arguments.delta", fc_at + R"("delta":"{\"city\":\"Oslo\"}")");
    expected += frame(n++, "function_call_arguments.done",
                      fc_at + R"("name":"get_weather","arguments":"{\"city\":\"Oslo\"}")");
    expected += frame(n++, "output_item.done", R"("output_index":2,"item":)" + fc_done);
    expected += frame(n++, "completed",
                      response("completed", rs_done + "," + msg_done + "," + fc_done, usage(20, 9)));
    CHECK(out == expected);
}

TEST_CASE("7.5: a custom tool's input is raw text, told when it is whole") {
    const std::string request =
        R"({"model":"m","input":"q","tools":[{"type":"custom","name":"apply_patch"}]})";
    const auto out = stream(request,
                            {ToolUseStart{"call_1", "apply_patch"}, ToolInputDelta{"{\"input\": \"*** Be"},
                             ToolInputDelta{"gin\\n\\\"x\\\"\"}"}, ToolUseEnd{}},
                            StopReason::tool_use);
    std::vector<std::string> types;
    for (const auto& line : test::data_lines(out))
        types.emplace_back(test::parse(line).root()["type"].text());
    CHECK(types == std::vector<std::string>{
                       "response.created", "response.in_progress", "response.output_item.added",
                       "response.custom_tool_call_input.delta", "response.custom_tool_call_input.done",
                       "response.output_item.done", "response.completed"});
    const auto item = test::parse(test::data_lines(out)[5]);
    CHECK(
        item.root()["item"].raw() ==
        R"({"id":"ctc_)" + kUnique +
            R"(_0","type":"custom_tool_call","status":"completed","call_id":"call_1","name":"apply_patch","input":"*** Begin\n\"x\""})");
}

TEST_CASE("7.5: a custom tool's input survives a model that missed the member") {
    const std::string request = R"({"model":"m","input":"q","tools":[{"type":"custom","name":"p"}]})";
    for (const auto& [said, meant] : std::vector<std::pair<std::string, std::string>>{
             {R"({"patch":"text"})", "text"}, {R"({"a":1})", R"({"a":1})"}, {"{}", ""}, {"", ""}}) {
        const auto out = stream(request, {ToolUseStart{"c", "p"}, ToolInputDelta{said}, ToolUseEnd{}},
                                StopReason::tool_use);
        const auto end = last_event(out);
        CHECK(end.root()["response"]["output"].at(0)["input"].text() == meant);
    }
}

TEST_CASE("7.5, captures 27: a call of a tool in a namespace names both") {
    const std::string request =
        R"({"model":"m","input":"q","tools":[{"type":"function","name":"read"},{"type":"namespace","name":"docs","tools":[{"type":"function","name":"read"}]}]})";
    const auto out = stream(
        request, {ToolUseStart{"c1", "docs__read"}, ToolUseEnd{}, ToolUseStart{"c2", "read"}, ToolUseEnd{}},
        StopReason::tool_use);
    const auto end = last_event(out);
    const auto output = end.root()["response"]["output"];
    CHECK(output.at(0)["namespace"].text() == "docs");
    CHECK(output.at(0)["name"].text() == "read");
    CHECK(output.at(0)["arguments"].text() == "{}");
    CHECK_FALSE(output.at(1)["namespace"]);
    CHECK(output.at(1)["name"].text() == "read");
    const auto added = test::parse(test::data_lines(out)[2]);
    CHECK(added.root()["item"]["namespace"].text() == "docs");
}

TEST_CASE("7.5: length and filter end incomplete, with the reason and the open item marked") {
    for (const auto& [reason, name] :
         std::vector<std::pair<StopReason, std::string>>{{StopReason::max_tokens, "max_output_tokens"},
                                                         {StopReason::context_window, "max_output_tokens"},
                                                         {StopReason::refusal, "content_filter"}}) {
        const auto played =
            test::play(*kDialect, accept(kPlain), {TextDelta{"half"}}, reason, test::usage(20, 9));
        const auto end = last_event(played.stream);
        CHECK(end.root()["type"].text() == "response.incomplete");
        const auto answer = end.root()["response"];
        CHECK(answer["status"].text() == "incomplete");
        CHECK(answer["incomplete_details"]["reason"].text() == name);
        CHECK(answer["output"].at(0)["status"].text() == "incomplete");
        CHECK(answer["usage"]["total_tokens"].as_int() == 29);
        CHECK(answer.raw() == played.whole);
    }
}

TEST_CASE("7.5: a failure is told with a code that clients act on") {
    const auto failed = [](const Error& error) {
        std::string out;
        const auto encoder = kDialect->stream(accept(kPlain), test::answer_context());
        encoder->begin(out);
        encoder->event(TextDelta{"half"}, out);
        encoder->fail(error, out);
        CHECK(out.find("completed") == std::string::npos);
        auto end = last_event(out);
        CHECK(end.root()["type"].text() == "response.failed");
        CHECK(end.root()["response"]["status"].text() == "failed");
        CHECK(end.root()["response"]["output"].size() == 0);
        return std::string(end.root()["response"]["error"]["code"].text()) + ": " +
               std::string(end.root()["response"]["error"]["message"].text());
    };
    CHECK(failed({.kind = ErrorKind::upstream_failed, .message = "lost"}) == "server_error: lost");
    CHECK(failed({.kind = ErrorKind::context_too_long, .message = "long"}) ==
          "context_length_exceeded: long");
    CHECK(failed({.kind = ErrorKind::accounts_exhausted, .message = "empty"}) == "insufficient_quota: empty");
    CHECK(failed({.kind = ErrorKind::overloaded, .message = "busy"}) == "server_is_overloaded: busy");
    CHECK(failed({.kind = ErrorKind::upstream_rejected, .message = "bad"}) == "invalid_prompt: bad");
    CHECK(failed({.kind = ErrorKind::upstream_throttled,
                  .message = "slow down",
                  .retry_after = std::chrono::milliseconds(11'200)}) ==
          "rate_limit_exceeded: slow down; try again in 12s");
}

TEST_CASE("7.4: what was asked is repeated, on one line") {
    const std::string request =
        "{\"model\":\"m\",\"input\":\"q\",\"instructions\":\"a\\nb\",\"metadata\":{\"k\":\n\"v\"},\"user\":"
        "\"u\","
        "\"max_output_tokens\":50,\"temperature\":0.5,\"top_p\":0.9,\"truncation\":\"auto\",\"parallel_tool_"
        "calls\":"
        "false,\"reasoning\":{\"effort\":\"low\"},\"text\":{\"verbosity\":\"low\"},\"tool_choice\":"
        "\"required\","
        "\"tools\":[\r\n {\"type\":\"function\",\"name\":\"f\"}]}";
    const auto out = stream(request, {TextDelta{"a"}}, StopReason::end_turn);
    for (const auto& line : test::data_lines(out)) CHECK(test::parse(line).root().is_object());
    const auto created = test::parse(test::data_lines(out)[0]);
    const auto answer = created.root()["response"];
    CHECK(answer["instructions"].text() == "a\nb");
    CHECK(answer["metadata"]["k"].text() == "v");
    CHECK(answer["user"].text() == "u");
    CHECK(answer["max_output_tokens"].as_int() == 50);
    CHECK(answer["temperature"].as_double() == 0.5);
    CHECK(answer["top_p"].as_double() == 0.9);
    CHECK(answer["truncation"].text() == "auto");
    CHECK(answer["parallel_tool_calls"].as_bool() == false);
    CHECK(answer["reasoning"].raw() == R"({"effort":"low","summary":null})");
    CHECK(answer["text"].raw() == R"({"format":{"type":"text"},"verbosity":"low"})");
    CHECK(answer["tool_choice"].text() == "required");
    CHECK(answer["tools"].at(0)["name"].text() == "f");
    CHECK(answer["store"].as_bool() == false);
}

TEST_CASE("7.1: reasoning comes back sealed when the client asked for it, and is understood again") {
    const std::string request =
        R"({"model":"m","input":"q","include":["reasoning.encrypted_content"],"reasoning":{"effort":"high"}})";
    const auto played = test::play(*kDialect, accept(request),
                                   {ThinkingDelta{"deep \""}, ThinkingSignature{"sig"},
                                    ThinkingSignature{"two"}, RedactedThinking{"red"}, TextDelta{"a"}},
                                   StopReason::end_turn, test::usage(1, 1));
    const auto end = last_event(played.stream);
    const auto output = end.root()["response"]["output"];
    CHECK(end.root()["response"].raw() == played.whole);
    REQUIRE(output.size() == 4);
    CHECK(output.at(1)["summary"].size() == 0);
    const auto again = accept(R"({"model":"m","input":[{"role":"user","content":"q"},)" +
                              std::string(output.raw().substr(1, output.raw().size() - 2)) +
                              R"(,{"role":"user","content":"r"}]})");
    const auto& parts = again.messages.at(1).parts;
    REQUIRE(parts.size() == 4);
    CHECK(std::get<Thinking>(parts[0]).text == "deep \"");
    CHECK(std::get<Thinking>(parts[0]).signature == "sig");
    CHECK(std::get<Thinking>(parts[1]).signature == "two");
    CHECK(std::get<Thinking>(parts[2]).redacted);
    CHECK(std::get<Thinking>(parts[2]).text == "red");
    CHECK(std::get<Text>(parts[3]).text == "a");
}

TEST_CASE("7.1: without include nothing is sealed, and a signature alone is no item") {
    const auto out = stream(kPlain, {ThinkingSignature{"sig"}, RedactedThinking{"r"}, TextDelta{"a"}},
                            StopReason::end_turn);
    CHECK(out.find("sealed:") == std::string::npos);
    CHECK(last_event(out).root()["response"]["output"].size() == 1);
}

TEST_CASE("7.5: a call cut off before its end is not told as one") {
    const auto out =
        stream(kPlain, {ToolUseStart{"c", "f"}, ToolInputDelta{"{\"a\":"}}, StopReason::max_tokens);
    CHECK(out.find("output_item.done") == std::string::npos);
    CHECK(last_event(out).root()["response"]["output"].size() == 0);
}

TEST_CASE("C8: a silent stream is kept alive by comments") {
    std::string out;
    kDialect->stream(accept(kPlain), test::answer_context())->keep_alive(out);
    CHECK(out == ": keep-alive\n\n");
}

TEST_CASE("7.5: what the encoder holds is counted, for the limit of an answer") {
    std::string out;
    const auto encoder = kDialect->stream(accept(kPlain), test::answer_context());
    encoder->begin(out);
    const auto before = encoder->size_bytes();
    encoder->event(TextDelta{std::string(5000, 'x')}, out);
    CHECK(encoder->size_bytes() >= before + 5000);
    encoder->event(ToolUseStart{"c", "f"}, out);
    CHECK(encoder->size_bytes() >= before + 5000);
}

TEST_CASE("7.6: tokens of an input are counted in this API's shape") {
    const auto as_is = [](std::string_view, std::uint64_t n) { return n; };
    const auto counted = kDialect->count_tokens(test::parse(R"({"model":"m","input":"some words"})"), as_is);
    REQUIRE(counted);
    const auto answer = test::parse(*counted);
    CHECK(answer.root()["object"].text() == "response.input_tokens");
    CHECK(answer.root()["input_tokens"].as_int().value() > 0);
}
