#include "core/anthropic/dialect.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/dialect_play.hpp"

using namespace kg;
using namespace kg::chat;

namespace {

const auto kDialect = anthropic::make_dialect();

Request plain_request() {
    Request request;
    request.model = "claude-sonnet-4-5";
    request.max_tokens = 1000;
    return request;
}

Request thinking_request() {
    Request request = plain_request();
    request.thinking.enabled = true;
    return request;
}

const std::string kStart =
    "event: message_start\n"
    "data: "
    "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_AbCdEfGhIjKlMnOpQrStUvWx\",\"type\":"
    "\"message\","
    "\"role\":\"assistant\",\"model\":\"claude-sonnet-4-5\",\"content\":[],\"stop_reason\":null,"
    "\"stop_sequence\":null,\"usage\":{\"input_tokens\":25,\"cache_creation_input_tokens\":0,"
    "\"cache_read_input_tokens\":0,\"output_tokens\":1}}}\n\n"
    "event: ping\ndata: {\"type\":\"ping\"}\n\n";

std::vector<std::string> lines_of(const Request& request, const std::vector<StreamEvent>& events,
                                  StopReason reason = StopReason::end_turn, std::string_view stop = {}) {
    auto lines =
        test::data_lines(test::play(*kDialect, request, events, reason, test::usage(25, 15), stop).stream);
    REQUIRE(lines.size() >= 4);
    return lines;
}

}  // namespace

TEST_CASE("C9: a text answer is the documented stream, byte for byte") {
    const auto answer = test::play(*kDialect, plain_request(), {TextDelta{"Hel"}, TextDelta{"lo"}},
                                   StopReason::end_turn, test::usage(25, 15));
    CHECK(answer.stream == kStart +
                               "event: content_block_start\n"
                               "data: "
                               "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{"
                               "\"type\":\"text\",\"text\":\"\"}}\n\n"
                               "event: content_block_delta\n"
                               "data: "
                               "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
                               "\"text_delta\",\"text\":\"Hel\"}}\n\n"
                               "event: content_block_delta\n"
                               "data: "
                               "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
                               "\"text_delta\",\"text\":\"lo\"}}\n\n"
                               "event: content_block_stop\n"
                               "data: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
                               "event: message_delta\n"
                               "data: "
                               "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_"
                               "turn\",\"stop_sequence\":null},"
                               "\"usage\":{\"input_tokens\":25,\"cache_creation_input_tokens\":0,"
                               "\"cache_read_input_tokens\":0,\"output_tokens\":15}}\n\n"
                               "event: message_stop\n"
                               "data: {\"type\":\"message_stop\"}\n\n");
}

TEST_CASE("C1: thinking, text and two tools are four blocks in order") {
    const auto lines = lines_of(
        thinking_request(),
        {ThinkingDelta{"Let me see"}, ThinkingSignature{"EqQBCgIYAhIM"}, TextDelta{"Checking."},
         ToolUseStart{"toolu_01A", "get_weather"}, ToolInputDelta{"{\"city\":"}, ToolInputDelta{"\"Oslo\"}"},
         ToolUseEnd{}, ToolUseStart{"toolu_01B", "get_time"}, ToolInputDelta{"{}"}, ToolUseEnd{}},
        StopReason::end_turn);
    const std::vector<std::string> expected = {
        R"({"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}})",
        R"({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Let me see"}})",
        R"({"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqQBCgIYAhIM"}})",
        R"({"type":"content_block_stop","index":0})",
        R"({"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}})",
        R"({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Checking."}})",
        R"({"type":"content_block_stop","index":1})",
        R"({"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"toolu_01A","name":"get_weather","input":{}}})",
        R"({"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":""}})",
        R"({"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"city\":"}})",
        R"({"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"\"Oslo\"}"}})",
        R"({"type":"content_block_stop","index":2})",
        R"({"type":"content_block_start","index":3,"content_block":{"type":"tool_use","id":"toolu_01B","name":"get_time","input":{}}})",
        R"({"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":""}})",
        R"({"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":"{}"}})",
        R"({"type":"content_block_stop","index":3})",
        R"({"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"input_tokens":25,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":15}})",
        R"({"type":"message_stop"})",
    };
    CHECK(std::vector<std::string>(lines.begin() + 2, lines.end()) == expected);
}

TEST_CASE("an unsigned thinking block gets a placeholder signature, the same in both forms") {
    const auto answer = test::play(*kDialect, thinking_request(), {ThinkingDelta{"hm"}, TextDelta{"ok"}},
                                   StopReason::end_turn, test::usage(1, 1));
    const auto whole = test::parse(answer.whole);
    const std::string signature(whole.root()["content"].at(0)["signature"].text());
    CHECK(signature.size() >= 16);
    CHECK(answer.stream.find("\"signature_delta\",\"signature\":\"" + signature +
                             "\"}}\n\n"
                             "event: content_block_stop") != std::string::npos);
}

TEST_CASE("thinking that was not asked for is not shown, and the text around it is one block") {
    const auto answer = test::play(*kDialect, plain_request(),
                                   {ThinkingDelta{"secret"}, ThinkingSignature{"s"}, TextDelta{"a"},
                                    RedactedThinking{"r"}, TextDelta{"b"}},
                                   StopReason::end_turn, test::usage(1, 1));
    CHECK(answer.stream.find("thinking") == std::string::npos);
    CHECK(answer.stream.find("secret") == std::string::npos);
    CHECK(answer.whole.find("thinking") == std::string::npos);
    CHECK(test::parse(answer.whole).root()["content"].raw() == R"([{"type":"text","text":"ab"}])");
    CHECK(answer.stream.find("\"index\":1") == std::string::npos);
}

TEST_CASE("captures 5: display omitted keeps the block and its signature but no text") {
    auto request = thinking_request();
    request.thinking.omit_text = true;
    const auto answer =
        test::play(*kDialect, request, {ThinkingDelta{"secret"}, ThinkingSignature{"SIG="}, TextDelta{"a"}},
                   StopReason::end_turn, test::usage(1, 1));
    CHECK(answer.stream.find("secret") == std::string::npos);
    CHECK(answer.stream.find("\"signature_delta\",\"signature\":\"SIG=\"") != std::string::npos);
    CHECK(test::parse(answer.whole).root()["content"].at(0).raw() ==
          R"({"type":"thinking","thinking":"","signature":"SIG="})");
}

TEST_CASE("redacted thinking carries its data in the start event and has no delta") {
    const auto lines = lines_of(thinking_request(), {RedactedThinking{"b3Bh"}});
    CHECK(
        lines[2] ==
        R"({"type":"content_block_start","index":0,"content_block":{"type":"redacted_thinking","data":"b3Bh"}})");
    CHECK(lines[3] == R"({"type":"content_block_stop","index":0})");
}

TEST_CASE("an answer without output has one empty text block") {
    const auto answer = test::play(*kDialect, plain_request(), {}, StopReason::end_turn, test::usage(1, 0));
    const auto lines = test::data_lines(answer.stream);
    REQUIRE(lines.size() == 6);
    CHECK(lines[2] ==
          R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})");
    CHECK(lines[3] == R"({"type":"content_block_stop","index":0})");
    CHECK(test::parse(answer.whole).root()["content"].raw() == R"([{"type":"text","text":""}])");
}

TEST_CASE("max_tokens 0 is answered with an empty content array") {
    auto request = plain_request();
    request.max_tokens = 0;
    const auto answer = test::play(*kDialect, request, {}, StopReason::max_tokens, test::usage(9, 0));
    CHECK(test::parse(answer.whole).root()["content"].raw() == "[]");
    CHECK(test::parse(answer.whole).root()["stop_reason"].text() == "max_tokens");
    CHECK(answer.stream.find("content_block") == std::string::npos);
}

TEST_CASE("C4: a call without arguments gets {}") {
    const auto lines = lines_of(plain_request(), {ToolUseStart{"toolu_1", "now"}, ToolUseEnd{}});
    CHECK(
        lines[4] ==
        R"({"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{}"}})");
}

TEST_CASE("stop reasons: upstream reason, tools first") {
    const auto last = [](StopReason reason, bool tool, std::string_view stop = {}) {
        std::vector<StreamEvent> events = {TextDelta{"x"}};
        if (tool) events.insert(events.end(), {ToolUseStart{"t", "n"}, ToolInputDelta{"{}"}, ToolUseEnd{}});
        const auto lines = lines_of(plain_request(), events, reason, stop);
        return std::string(test::parse(lines[lines.size() - 2]).root()["delta"].raw());
    };
    CHECK(last(StopReason::end_turn, false) == R"({"stop_reason":"end_turn","stop_sequence":null})");
    CHECK(last(StopReason::tool_use, false) == R"({"stop_reason":"end_turn","stop_sequence":null})");
    CHECK(last(StopReason::end_turn, true) == R"({"stop_reason":"tool_use","stop_sequence":null})");
    CHECK(last(StopReason::max_tokens, true) == R"({"stop_reason":"tool_use","stop_sequence":null})");
    CHECK(last(StopReason::max_tokens, false) == R"({"stop_reason":"max_tokens","stop_sequence":null})");
    CHECK(last(StopReason::context_window, false) == R"({"stop_reason":"max_tokens","stop_sequence":null})");
    CHECK(last(StopReason::refusal, false) == R"({"stop_reason":"refusal","stop_sequence":null})");
    CHECK(last(StopReason::stop_sequence, false, "\"END\"") ==
          R"({"stop_reason":"stop_sequence","stop_sequence":"\"END\""})");
}

TEST_CASE("C7: a failure in the stream is an error event of the right type, and nothing after it") {
    const auto encoder = kDialect->stream(plain_request(), test::answer_context());
    std::string out;
    encoder->begin(out);
    encoder->event(TextDelta{"par"}, out);
    out.clear();
    encoder->fail(Error{.kind = ErrorKind::upstream_overloaded, .message = "Overloaded"}, out);
    CHECK(out ==
          "event: error\n"
          "data: "
          "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}"
          "}\n\n");
    out.clear();
    encoder->fail(Error{.kind = ErrorKind::upstream_timeout}, out);
    CHECK(out.find("\"timeout_error\",\"message\":\"upstream timeout\"") != std::string::npos);
}

TEST_CASE("C8: keep-alive is a ping event") {
    std::string out;
    kDialect->stream(plain_request(), test::answer_context())->keep_alive(out);
    CHECK(out == "event: ping\ndata: {\"type\":\"ping\"}\n\n");
}

TEST_CASE("tool ids: usable upstream ids pass, others and repeats are replaced") {
    const auto answer = test::play(*kDialect, plain_request(),
                                   {ToolUseStart{"tooluse_a-B9", "f"}, ToolInputDelta{"{}"}, ToolUseEnd{},
                                    ToolUseStart{"has space", "f"}, ToolInputDelta{"{}"}, ToolUseEnd{},
                                    ToolUseStart{"tooluse_a-B9", "f"}, ToolInputDelta{"{}"}, ToolUseEnd{}},
                                   StopReason::tool_use, test::usage(1, 1));
    const auto whole = test::parse(answer.whole);
    std::vector<std::string> ids;
    for (const auto block : whole.root()["content"].children()) {
        ids.emplace_back(block["id"].text());
        CHECK(answer.stream.find("\"id\":\"" + ids.back() + "\"") != std::string::npos);
        CHECK(ids.back().size() <= 64);
    }
    REQUIRE(ids.size() == 3);
    CHECK(ids[0] == "tooluse_a-B9");
    CHECK(ids[1] == "toolu_AbCdEfGhIjKlMnOpQrStUvWx_1");
    CHECK(ids[2] == "toolu_AbCdEfGhIjKlMnOpQrStUvWx_2");
}

TEST_CASE("deltas are one line of JSON whatever the text holds") {
    const std::string nasty = "line\n\"quote\" \\ tab\t \xF0\x9F\x98\x80" + std::string(1, '\0') + "\x1f";
    const auto lines = lines_of(plain_request(), {TextDelta{nasty}});
    const auto delta = test::parse(lines[3]);
    CHECK(delta.root()["delta"]["text"].text() == nasty);
}
