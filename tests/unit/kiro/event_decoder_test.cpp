#include "core/kiro/event_decoder.hpp"

#include "core/kiro/frame_decoder.hpp"
#include "core/kiro/frame_encoder.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/event_recorder.hpp"
#include "tests/support/kiro_vectors.hpp"

using namespace kg::kiro;
namespace vectors = kg::test::vectors;
using Lines = std::vector<std::string>;

namespace {

struct Recorder final : EventDecoder::Output {
    void on_decoded(const kg::chat::StreamEvent& event) override { lines.push_back(kg::test::describe(event)); }
    Lines lines;
};

struct Outcome {
    Lines lines;
    std::optional<Failure> failure;
    std::string model_id;
    std::size_t ignored = 0;
    std::string text() const {
        std::string out;
        for (const std::string& line : lines) {
            if (line.starts_with("text ")) out += line.substr(5);
        }
        return out;
    }
    std::string last() const { return lines.empty() ? "" : lines.back(); }
    std::size_t count(std::string_view beginning) const {
        std::size_t n = 0;
        for (const std::string& line : lines) n += line.starts_with(beginning) ? 1u : 0u;
        return n;
    }
};

Outcome decode(const std::string& stream, EventDecoderOptions options = {}) {
    Recorder recorder;
    FrameDecoder frames;
    EventDecoder events(options, recorder);
    frames.feed(stream);
    FrameView frame;
    auto step = EventDecoder::Step::more;
    while (step == EventDecoder::Step::more && frames.next(frame) == FrameDecoder::Step::frame) {
        step = events.decode(frame);
    }
    REQUIRE(frames.fault() == FrameFault::none);
    if (step == EventDecoder::Step::more) step = events.finish();
    Outcome out;
    out.lines = recorder.lines;
    if (step == EventDecoder::Step::failed) out.failure = events.failure();
    out.model_id = events.model_id();
    out.ignored = events.ignored_frames();
    return out;
}

std::string text(std::string_view payload) { return event_frame("assistantResponseEvent", payload); }
std::string tool(std::string_view payload) { return event_frame("toolUseEvent", payload); }
std::string metadata(std::string_view stop) {
    return event_frame("metadataEvent", "{\"stopReason\":\"" + std::string(stop) + "\"}");
}
const std::string kTool = vectors::kG3 + vectors::kG4 + vectors::kG5 + vectors::kG6;
constexpr const char* kToolId = "tooluse_AAAABBBBCCCCDDDDEEEE01";

}  // namespace

TEST_CASE("10.3: the whole stream") {
    const Outcome out = decode(vectors::kWholeStream);
    CHECK(!out.failure);
    CHECK(out.lines == Lines{"text Hello", std::string("tool ") + kToolId + " read_file", R"(input {"path": "src/ma)",
                             R"(input in.cpp"})", "tool end", "usage in=120 read=4000 write=40 out=30",
                             "usage in=120 read=4000 write=40 out=30 percent=2.5",
                             "usage in=120 read=4000 write=40 out=30 percent=2.5 credits=0.25", "end tool_use"});
}

TEST_CASE("text is delivered byte for byte in every JSON spelling") {
    struct Row {
        std::string_view payload;
        std::string_view text;
    };
    const Row rows[] = {
        {R"({"content":"Hello"})", "Hello"},
        {R"({"content":"a","modelId":"m"})", "a"},
        {R"({"modelId":"m","content":"b"})", "b"},
        {R"({"content":"tab\tquote\"back\\slash\/nl\n"})", "tab\tquote\"back\\slash/nl\n"},
        {R"({"content":"\u00e9\u20AC\ud83c\udf0d"})", "é€🌍"},
        {R"({"content":"\b\f\r"})", "\b\f\r"},
        {R"({ "content" : "spaced" })", "spaced"},
        {R"({"content":"n","extra":{"deep":[1,2]},"x":1.5,"y":null})", "n"},
        {R"({"content":"  keep  "})", "  keep  "},
        {R"({"content":"a","content":"last wins"})", "last wins"},
        {R"({"k1":"","k2":"","k3":"","k4":"","k5":"","k6":"","k7":"","k8":"","content":"many"})", "many"},
    };
    for (const Row& row : rows) {
        INFO(row.payload);
        const Outcome out = decode(text(row.payload));
        CHECK(!out.failure);
        CHECK(out.text() == row.text);
        CHECK(out.last() == "end end_turn");
    }
}

TEST_CASE("text frames without content say nothing") {
    for (const char* payload : {"{}", R"({"content":""})", R"({"content":null})", R"({"modelId":"m"})"}) {
        const Outcome out = decode(text(payload) + vectors::kG1);
        CHECK(!out.failure);
        CHECK(out.lines == Lines{"text Hello", "end end_turn"});
    }
}

TEST_CASE("the model that answered is known") { CHECK(decode(vectors::kG2).model_id == "claude-sonnet-4.5"); }

TEST_CASE("unreadable payloads of known events damage the stream") {
    const std::string broken[] = {
        R"({"content":"x")",          R"({"content":5})",
        R"({"content":["x"]})",       R"({"content":"x"}})",
        R"([])",                      "",
        "{\"content\":\"\xff\"}",     "{\"content\":\"\xe2\x82\"}",
        R"({"content":"\ud800"})",    R"({"content":"\udc00x"})",
        R"({"content":"\x"})",        "{\"content\":\"line\nbreak\"}",
        R"({"content":"\u12"})",      R"({"content":true})",
        R"({"content":"x","modelId":7})",
    };
    for (const std::string& payload : broken) {
        INFO(payload);
        const Outcome out = decode(text(payload));
        REQUIRE(out.failure);
        CHECK(out.failure->cls == FailureClass::damaged_stream);
        CHECK(out.lines.empty());
    }
}

TEST_CASE("#11: equal text frames are kept, and dropped on request") {
    const std::string twice = vectors::kG1 + vectors::kG1;
    CHECK(decode(twice).text() == "HelloHello");
    EventDecoderOptions options;
    options.drop_duplicate_text = true;
    CHECK(decode(twice, options).text() == "Hello");
    CHECK(decode(vectors::kG1 + text(R"({"content":"x"})") + vectors::kG1, options).text() == "HelloxHello");
}

TEST_CASE("#9: unknown events may stand anywhere") {
    const std::string frames[] = {vectors::kG1, vectors::kG3,  vectors::kG4,  vectors::kG5,
                                  vectors::kG6, vectors::kG10, vectors::kG11, vectors::kG12};
    const Lines expected = decode(vectors::kWholeStream).lines;
    for (std::size_t at = 0; at <= std::size(frames); ++at) {
        std::string stream;
        for (std::size_t i = 0; i < std::size(frames); ++i) stream += (i == at ? vectors::kG15 : "") + frames[i];
        if (at == std::size(frames)) stream += vectors::kG15;
        const Outcome out = decode(stream);
        CHECK(out.lines == expected);
        CHECK(out.ignored == 1);
    }
}

TEST_CASE("events that are no text are skipped") {
    const std::string skipped = vectors::kG13 + vectors::kG19 +
                                event_frame("followupPromptEvent", R"({"followupPrompt":{"content":"Ask","userIntent":"x"}})") +
                                event_frame("followupPromptEvent", R"({"content":"not text"})") +
                                event_frame("codeReferenceEvent", R"({"references":[]})") +
                                event_frame("citationEvent", R"({"citationText":"c"})") +
                                event_frame("supplementaryWebLinksEvent", R"({"supplementaryWebLinks":[]})") +
                                event_frame("toolResultEvent", "{}") + event_frame("intentsEvent", "{}") +
                                event_frame("interactionComponentsEvent", "{}") + event_frame("dryRunSucceedEvent", "{}");
    const Outcome out = decode(skipped + vectors::kG1);
    CHECK(out.lines == Lines{"text Hello", "end end_turn"});
    CHECK(out.ignored == 0);
}

TEST_CASE("#12: the follow-up prompt is not text") {
    CHECK(decode(event_frame("followupPromptEvent", R"({"content":"Ask me"})") + vectors::kG1).text() == "Hello");
}

TEST_CASE("code events are text, wrapped payloads are opened, a missing message type is an event") {
    CHECK(decode(event_frame("codeEvent", R"({"content":"int x;\n"})")).text() == "int x;\n");
    CHECK(decode(vectors::kG20).text() == "Hi");
    std::string bare;
    append_frame(bare, {{":event-type", "assistantResponseEvent"}}, R"({"content":"bare"})");
    CHECK(decode(bare).text() == "bare");
    std::string strange;
    append_frame(strange, {{":message-type", "novelty"}}, "{}");
    CHECK(decode(strange + vectors::kG1).ignored == 1);
}

TEST_CASE("#16: the opening frame of a tool call has no input") {
    const Outcome out = decode(kTool);
    CHECK(out.lines == Lines{std::string("tool ") + kToolId + " read_file", R"(input {"path": "src/ma)",
                             R"(input in.cpp"})", "tool end", "end tool_use"});
}

TEST_CASE("#17: a tool without arguments gets an empty object") {
    const Outcome out = decode(vectors::kG3 + vectors::kG6);
    CHECK(out.lines == Lines{std::string("tool ") + kToolId + " read_file", "input {}", "tool end", "end tool_use"});
}

TEST_CASE("tool input comes in many shapes") {
    struct Row {
        std::string frames;
        Lines input;
    };
    const Row rows[] = {
        {tool(R"({"name":"t","toolUseId":"a","input":""})") + tool(R"({"toolUseId":"a","input":"{}","stop":true})"),
         {"input {}"}},
        {tool(R"({"name":"t","toolUseId":"a","input":"{\"x\":1}","stop":true})"), {R"(input {"x":1})"}},
        {tool(R"({"name":"t","toolUseId":"a","input":{"x": 1},"stop":true})"), {R"(input {"x": 1})"}},
        {tool(R"({"name":"t","toolUseId":"a","input":"rubbish"})") +
             tool(R"({"toolUseId":"a","input":{"y":2}})") + tool(R"({"toolUseId":"a","stop":true})"),
         {R"(input {"y":2})"}},
        {tool(R"({"name":"t","toolUseId":"a"})") + tool(R"({"input":"{\"no\":"})") + tool(R"({"input":"\"id\"}","stop":true})"),
         {R"(input {"no":)", R"(input "id"})"}},
        {tool(R"({"name":"t","toolUseId":"a","input":null,"stop":false})") + tool(R"({"toolUseId":"a","stop":true})"),
         {"input {}"}},
        {tool(R"({"name":"t","toolUseId":"a","input":"  \n","stop":true})"), {"input {}"}},
        {event_frame("toolUse", R"({"name":"t","toolUseId":"a","input":{"legacy":true}})"), {R"(input {"legacy":true})"}},
        {tool(R"({"name":"t","toolUseId":"a","input":"{\"e\":\"\u00e9\\n\"}","stop":true})"), {R"(input {"e":"é\n"})"}},
    };
    for (const Row& row : rows) {
        const Outcome out = decode(row.frames);
        REQUIRE(!out.failure);
        Lines expected = {"tool a t"};
        expected.insert(expected.end(), row.input.begin(), row.input.end());
        expected.insert(expected.end(), {"tool end", "end tool_use"});
        CHECK(out.lines == expected);
    }
}

TEST_CASE("#18: a tool call without stop never reaches the client") {
    const Outcome out = decode(vectors::kG1 + vectors::kG3 + vectors::kG4);
    CHECK(out.lines == Lines{"text Hello", "end max_tokens"});
    const Outcome after_tool = decode(kTool + tool(R"({"name":"t","toolUseId":"b","input":"{"})"));
    CHECK(after_tool.count("tool ") == 2);  // one start, one end
    CHECK(after_tool.last() == "end max_tokens");
}

TEST_CASE("C3: no stop event and nothing else said is an error, never a guessed call") {
    const Outcome out = decode(vectors::kG3 + vectors::kG4);
    REQUIRE(out.failure);
    CHECK(out.failure->cls == FailureClass::damaged_stream);
    CHECK(out.lines.empty());
}

TEST_CASE("#19: invalid JSON at stop is an error, not an empty object") {
    for (const char* input : {R"({\"a\":)", R"([1])", R"(\"text\")", "5", R"({} {})", "null"}) {
        const Outcome out = decode(tool(R"({"name":"t","toolUseId":"a","input":")" + std::string(input) + "\"}") +
                                   tool(R"({"name":"t","toolUseId":"a","stop":true})"));
        REQUIRE(out.failure);
        CHECK(out.failure->cls == FailureClass::tool_input_invalid);
        CHECK(out.lines.empty());
    }
}

TEST_CASE("#20: a finished id repeated is ignored") {
    CHECK(decode(kTool + kTool).lines == decode(kTool).lines);
}

TEST_CASE("C2: interleaved calls stay intact") {  // #21
    const Outcome out = decode(tool(R"({"name":"f","toolUseId":"a"})") + tool(R"({"name":"g","toolUseId":"b"})") +
                               tool(R"({"name":"f","toolUseId":"a","input":"{\"p\":1"})") +
                               tool(R"({"name":"g","toolUseId":"b","input":"{\"q\":2"})") +
                               tool(R"({"name":"f","toolUseId":"a","input":"}"})") +
                               tool(R"({"name":"g","toolUseId":"b","input":"}"})") +
                               tool(R"({"name":"f","toolUseId":"a","stop":true})") +
                               tool(R"({"name":"g","toolUseId":"b","stop":true})"));
    CHECK(out.lines == Lines{"tool a f", R"(input {"p":1)", "input }", "tool end", "tool b g", R"(input {"q":2)",
                             "input }", "tool end", "end tool_use"});
}

TEST_CASE("tool frames that make no sense damage the stream") {
    for (const char* payload : {R"({"toolUseId":"a"})", R"({"input":"x"})", R"({"name":"t"})",
                                R"({"name":"t","toolUseId":"a","stop":"true"})", R"({"name":"t","toolUseId":"a","stop":1})",
                                R"({"name":"t","toolUseId":"a","input":5})", R"({"name":"t","toolUseId":7})",
                                R"({"name":"t","toolUseId":"a","input":true})"}) {
        INFO(payload);
        const Outcome out = decode(tool(payload));
        REQUIRE(out.failure);
        CHECK(out.failure->cls == FailureClass::damaged_stream);
    }
}

TEST_CASE("open tool calls and their input are bounded") {
    std::string stream;
    for (std::size_t i = 0; i < ToolAssembler::kOpenCallsMax; ++i) {
        stream += tool(R"({"name":"t","toolUseId":"id)" + std::to_string(i) + "\"}");
    }
    CHECK(decode(vectors::kG1 + stream).last() == "end max_tokens");
    const Outcome out = decode(stream + tool(R"({"name":"t","toolUseId":"one-more"})"));
    REQUIRE(out.failure);
    CHECK(out.failure->cls == FailureClass::damaged_stream);

    ToolAssembler tools;
    const std::string big(ToolAssembler::kInputBytesMax / 2, ' ');
    const Payload::Input half{Payload::Input::Kind::text, big};
    CHECK(tools.add({"a", "t", half, false}) == ToolAssembler::Step::buffered);
    CHECK(tools.add({"b", "t", half, false}) == ToolAssembler::Step::buffered);
    CHECK(tools.add({"b", "t", {Payload::Input::Kind::text, "x"}, false}) == ToolAssembler::Step::too_large);
    CHECK(tools.add({"a", "t", {}, true}) == ToolAssembler::Step::complete);
    CHECK(tools.add({"b", "t", {Payload::Input::Kind::text, "{}"}, true}) == ToolAssembler::Step::complete);
}

TEST_CASE("many small fragments are joined beyond a bound and lose nothing") {
    ToolAssembler tools;
    std::string expected = "{\"k\":\"";
    tools.add({"a", "t", {Payload::Input::Kind::text, expected}, false});
    for (std::size_t i = 0; i < 3 * ToolAssembler::kPiecesMax; ++i) {
        tools.add({"a", "t", {Payload::Input::Kind::text, "x"}, false});
        expected += 'x';
    }
    CHECK(tools.add({"a", "t", {Payload::Input::Kind::text, "\"}"}, true}) == ToolAssembler::Step::complete);
    CHECK(tools.taken().input.source() == expected + "\"}");
    CHECK(tools.taken().cuts.size() == ToolAssembler::kPiecesMax);
    CHECK(tools.taken().cuts.back() == expected.size() + 2);
}

TEST_CASE("thinking comes as text, signature and redacted parts") {
    CHECK(decode(vectors::kG7 + vectors::kG8 + vectors::kG9 + vectors::kG1).lines ==
          Lines{"thinking Let me think.", "signature c2lnLTAwMQ==", "redacted b3BhcXVl", "text Hello", "end end_turn"});
    CHECK(decode(event_frame("reasoningContentEvent", R"({"text":"both","signature":"s"})")).lines ==
          Lines{"thinking both", "signature s", "end end_turn"});
    CHECK(decode(vectors::kG1 + event_frame("reasoningContentEvent", R"({"text":"...","signature":"s"})")).lines ==
          Lines{"text Hello", "signature s", "end end_turn"});
    REQUIRE(decode(event_frame("reasoningContentEvent", R"({"text":1})")).failure);
}

TEST_CASE("#45: a signature alone is an answer") {
    CHECK(decode(vectors::kG8).lines == Lines{"signature c2lnLTAwMQ==", "end end_turn"});
}

TEST_CASE("usage is read in every form and summed where it must be") {
    const auto usage = [](std::string_view tokens) {
        const Outcome out =
            decode(vectors::kG1 + event_frame("metadataEvent", "{\"tokenUsage\":" + std::string(tokens) + "}"));
        REQUIRE(!out.failure);
        return out.lines.size() == 3 ? out.lines[1] : "";
    };
    CHECK(usage(R"({"totalTokens":100,"outputTokens":30,"cacheReadInputTokens":20})") == "usage in=50 read=20 out=30");
    CHECK(usage(R"({"uncachedInputTokens":1.0,"outputTokens":2})") == "usage in=1 out=2");
    CHECK(usage(R"({"totalTokens":10,"outputTokens":30})") == "usage in=0 out=30");
    CHECK(usage(R"({"uncachedInputTokens":null,"outputTokens":-5})").empty());
    CHECK(usage("null").empty());
    CHECK(usage("{}").empty());
    const Outcome out = decode(vectors::kG1 + vectors::kG12 + vectors::kG12);
    CHECK(out.lines == Lines{"text Hello", "usage credits=0.25", "usage credits=0.5", "end end_turn"});
    for (const char* payload : {R"({"tokenUsage":5})", R"({"tokenUsage":{"outputTokens":"5"}})", R"({"stopReason":1})"}) {
        REQUIRE(decode(event_frame("metadataEvent", payload)).failure);
    }
    REQUIRE(decode(event_frame("contextUsageEvent", R"({"contextUsagePercentage":"2"})")).failure);
    REQUIRE(decode(event_frame("meteringEvent", R"({"usage":{}})")).failure);
}

TEST_CASE("stop reasons follow the table of 4.6") {
    struct Row {
        std::string_view reason;
        std::string_view plain;
        std::string_view with_tool;
    };
    const Row rows[] = {
        {"END_TURN", "end end_turn", "end tool_use"},
        {"end_turn", "end end_turn", "end tool_use"},
        {"TOOL_USE", "end end_turn", "end tool_use"},
        {"STOP_SEQUENCE", "end stop_sequence", "end tool_use"},
        {"MAX_TOKENS", "end max_tokens", "end max_tokens"},
        {"max_tokens", "end max_tokens", "end max_tokens"},
        {"MODEL_CONTEXT_WINDOW_EXCEEDED", "end context_window", "end context_window"},
        {"PAUSE_TURN", "end pause_turn", "end pause_turn"},
        {"CONTENT_FILTERED", "end refusal", "end refusal"},
        {"GUARDRAIL_INTERVENED", "end refusal", "end refusal"},
        {"SOMETHING_NEW", "end end_turn", "end tool_use"},
    };
    for (const Row& row : rows) {
        INFO(row.reason);
        CHECK(decode(vectors::kG1 + metadata(row.reason)).last() == row.plain);
        CHECK(decode(kTool + metadata(row.reason)).last() == row.with_tool);
    }
    const Outcome tool_failure = decode(vectors::kG1 + metadata("MALFORMED_TOOL_USE"));
    REQUIRE(tool_failure.failure);
    CHECK(tool_failure.failure->cls == FailureClass::tool_input_invalid);
    const Outcome output_failure = decode(vectors::kG1 + metadata("MALFORMED_MODEL_OUTPUT"));
    REQUIRE(output_failure.failure);
    CHECK(output_failure.failure->cls == FailureClass::damaged_stream);
}

TEST_CASE("#22: END_TURN with tools is tool_use") { CHECK(decode(kTool + vectors::kG10).last() == "end tool_use"); }

TEST_CASE("#68: a full context is a stop reason") {
    const auto percent = [](std::string_view number) {
        return event_frame("contextUsageEvent", "{\"contextUsagePercentage\":" + std::string(number) + "}");
    };
    CHECK(decode(vectors::kG1 + percent("99.9")).last() == "end end_turn");
    CHECK(decode(vectors::kG1 + percent("100")).last() == "end context_window");
    CHECK(decode(percent("101.5")).last() == "end context_window");
}

TEST_CASE("#5: a missing tail is truncation only when told to be strict") {
    EventDecoderOptions strict;
    strict.strict_tail = true;
    CHECK(decode(vectors::kG1).last() == "end end_turn");
    CHECK(decode(vectors::kG1, strict).last() == "end max_tokens");
    CHECK(decode(vectors::kG1 + vectors::kG10, strict).last() == "end end_turn");
    CHECK(decode(vectors::kG1 + vectors::kG12, strict).last() == "end end_turn");
}

TEST_CASE("#6: an empty answer is a failure unless upstream explains it") {
    for (const std::string& stream : {std::string(), vectors::kG13 + vectors::kG10 + vectors::kG11, vectors::kG19}) {
        const Outcome out = decode(stream);
        REQUIRE(out.failure);
        CHECK(out.failure->cls == FailureClass::empty_answer);
    }
    CHECK(decode(metadata("CONTENT_FILTERED")).last() == "end refusal");
    CHECK(decode(metadata("MAX_TOKENS")).last() == "end max_tokens");
}

TEST_CASE("#7: an exception frame alone is classified like the HTTP error") {
    const Outcome out = decode(vectors::kG16);
    REQUIRE(out.failure);
    CHECK(out.failure->cls == FailureClass::rate_limited_user);
    CHECK(out.failure->exception == "Throttling");
    CHECK(out.failure->reason == "USER_REQUEST_RATE_EXCEEDED");
    CHECK(out.lines.empty());
}

TEST_CASE("#8: an exception after text ends in failure without a message end") {
    const Outcome out = decode(vectors::kG1 + vectors::kG16);
    REQUIRE(out.failure);
    CHECK(out.lines == Lines{"text Hello"});
}

TEST_CASE("error frames and error events fail") {
    Outcome out = decode(vectors::kG18);
    REQUIRE(out.failure);
    CHECK(out.failure->cls == FailureClass::transient);
    CHECK(out.failure->exception == "InternalServer");
    CHECK(out.failure->detail == "boom");
    out = decode(event_frame("error", R"({"message":"bad","reason":"MODEL_TEMPORARILY_UNAVAILABLE"})"));
    REQUIRE(out.failure);
    CHECK(out.failure->cls == FailureClass::model_capacity);
    out = decode(vectors::kG14);
    REQUIRE(out.failure);
    CHECK(out.failure->cls == FailureClass::malformed);
    CHECK(out.failure->reason == "INVALID_TASK_ASSIST_PLAN");
}

TEST_CASE("C11: running out of room after text is the end, before text an error") {
    CHECK(decode(vectors::kG1 + vectors::kG17).lines == Lines{"text Hello", "end max_tokens"});
    CHECK(decode(kTool + vectors::kG17).last() == "end max_tokens");
    const Outcome out = decode(vectors::kG17);
    REQUIRE(out.failure);
    CHECK(out.failure->cls == FailureClass::context_overflow);
}
