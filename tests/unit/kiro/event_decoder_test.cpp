#include "core/kiro/event_decoder.hpp"

#include "tests/support/event_decoding.hpp"

using namespace kg::kiro;
namespace vectors = kg::test::vectors;
using kg::test::Lines;

namespace {

std::string text(std::string_view payload) {
    return event_frame("assistantResponseEvent", payload);
}
std::string tool(std::string_view payload) {
    return event_frame("toolUseEvent", payload);
}
const std::string kTool = vectors::kG3 + vectors::kG4 + vectors::kG5 + vectors::kG6;
constexpr const char* kToolId = "tooluse_AAAABBBBCCCCDDDDEEEE01";

}  // namespace

TEST_CASE("10.3: the whole stream") {
    const kg::test::Decoded out = kg::test::decode_events(vectors::kWholeStream);
    CHECK(!out.failure);
    CHECK(out.lines ==
          Lines{"text Hello", std::string("tool ") + kToolId + " read_file", R"(input {"path": "src/ma)",
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
        const kg::test::Decoded out = kg::test::decode_events(text(row.payload));
        CHECK(!out.failure);
        CHECK(out.text() == row.text);
        CHECK(out.last() == "end end_turn");
    }
}

TEST_CASE("text frames without content say nothing") {
    for (const char* payload : {"{}", R"({"content":""})", R"({"content":null})", R"({"modelId":"m"})"}) {
        const kg::test::Decoded out = kg::test::decode_events(text(payload) + vectors::kG1);
        CHECK(!out.failure);
        CHECK(out.lines == Lines{"text Hello", "end end_turn"});
    }
}

TEST_CASE("the model that answered is known") {
    CHECK(kg::test::decode_events(vectors::kG2).model_id == "claude-sonnet-4.5");
}

TEST_CASE("unreadable payloads of known events damage the stream") {
    const std::string broken[] = {
        R"({"content":"x")",
        R"({"content":5})",
        R"({"content":["x"]})",
        R"({"content":"x"}})",
        R"([])",
        "",
        "{\"content\":\"\xff\"}",
        "{\"content\":\"\xe2\x82\"}",
        R"({"content":"\ud800"})",
        R"({"content":"\udc00x"})",
        R"({"content":"\x"})",
        "{\"content\":\"line\nbreak\"}",
        R"({"content":"\u12"})",
        R"({"content":true})",
        R"({"content":"x","modelId":7})",
    };
    for (const std::string& payload : broken) {
        INFO(payload);
        const kg::test::Decoded out = kg::test::decode_events(text(payload));
        REQUIRE(out.failure);
        CHECK(out.failure->cls == FailureClass::damaged_stream);
        CHECK(out.lines.empty());
    }
}

TEST_CASE("#11: equal text frames are kept, and dropped on request") {
    const std::string twice = vectors::kG1 + vectors::kG1;
    CHECK(kg::test::decode_events(twice).text() == "HelloHello");
    EventDecoderOptions options;
    options.drop_duplicate_text = true;
    CHECK(kg::test::decode_events(twice, options).text() == "Hello");
    CHECK(kg::test::decode_events(vectors::kG1 + text(R"({"content":"x"})") + vectors::kG1, options).text() ==
          "HelloxHello");
}

TEST_CASE("#9: unknown events may stand anywhere") {
    const std::string frames[] = {vectors::kG1, vectors::kG3,  vectors::kG4,  vectors::kG5,
                                  vectors::kG6, vectors::kG10, vectors::kG11, vectors::kG12};
    const Lines expected = kg::test::decode_events(vectors::kWholeStream).lines;
    for (std::size_t at = 0; at <= std::size(frames); ++at) {
        std::string stream;
        for (std::size_t i = 0; i < std::size(frames); ++i)
            stream += (i == at ? vectors::kG15 : "") + frames[i];
        if (at == std::size(frames)) stream += vectors::kG15;
        const kg::test::Decoded out = kg::test::decode_events(stream);
        CHECK(out.lines == expected);
        CHECK(out.ignored == 1);
    }
}

TEST_CASE("events that are no text are skipped") {
    const std::string skipped =
        vectors::kG13 + vectors::kG19 +
        event_frame("followupPromptEvent", R"({"followupPrompt":{"content":"Ask","userIntent":"x"}})") +
        event_frame("followupPromptEvent", R"({"content":"not text"})") +
        event_frame("codeReferenceEvent", R"({"references":[]})") +
        event_frame("citationEvent", R"({"citationText":"c"})") +
        event_frame("supplementaryWebLinksEvent", R"({"supplementaryWebLinks":[]})") +
        event_frame("toolResultEvent", "{}") + event_frame("intentsEvent", "{}") +
        event_frame("interactionComponentsEvent", "{}") + event_frame("dryRunSucceedEvent", "{}");
    const kg::test::Decoded out = kg::test::decode_events(skipped + vectors::kG1);
    CHECK(out.lines == Lines{"text Hello", "end end_turn"});
    CHECK(out.ignored == 0);
}

TEST_CASE("#12: the follow-up prompt is not text") {
    CHECK(
        kg::test::decode_events(event_frame("followupPromptEvent", R"({"content":"Ask me"})") + vectors::kG1)
            .text() == "Hello");
}

TEST_CASE("code events are text, wrapped payloads are opened, a missing message type is an event") {
    CHECK(kg::test::decode_events(event_frame("codeEvent", R"({"content":"int x;\n"})")).text() ==
          "int x;\n");
    CHECK(kg::test::decode_events(vectors::kG20).text() == "Hi");
    std::string bare;
    append_frame(bare, {{":event-type", "assistantResponseEvent"}}, R"({"content":"bare"})");
    CHECK(kg::test::decode_events(bare).text() == "bare");
    std::string strange;
    append_frame(strange, {{":message-type", "novelty"}}, "{}");
    CHECK(kg::test::decode_events(strange + vectors::kG1).ignored == 1);
}

TEST_CASE("#16: the opening frame of a tool call has no input") {
    const kg::test::Decoded out = kg::test::decode_events(kTool);
    CHECK(out.lines == Lines{std::string("tool ") + kToolId + " read_file", R"(input {"path": "src/ma)",
                             R"(input in.cpp"})", "tool end", "end tool_use"});
}

TEST_CASE("#17: a tool without arguments gets an empty object") {
    const kg::test::Decoded out = kg::test::decode_events(vectors::kG3 + vectors::kG6);
    CHECK(out.lines ==
          Lines{std::string("tool ") + kToolId + " read_file", "input {}", "tool end", "end tool_use"});
}

TEST_CASE("tool input comes in many shapes") {
    struct Row {
        std::string frames;
        Lines input;
    };
    const Row rows[] = {
        {tool(R"({"name":"t","toolUseId":"a","input":""})") +
             tool(R"({"toolUseId":"a","input":"{}","stop":true})"),
         {"input {}"}},
        {tool(R"({"name":"t","toolUseId":"a","input":"{\"x\":1}","stop":true})"), {R"(input {"x":1})"}},
        {tool(R"({"name":"t","toolUseId":"a","input":{"x": 1},"stop":true})"), {R"(input {"x": 1})"}},
        {tool(R"({"name":"t","toolUseId":"a","input":"rubbish"})") +
             tool(R"({"toolUseId":"a","input":{"y":2}})") + tool(R"({"toolUseId":"a","stop":true})"),
         {R"(input {"y":2})"}},
        {tool(R"({"name":"t","toolUseId":"a"})") + tool(R"({"input":"{\"no\":"})") +
             tool(R"({"input":"\"id\"}","stop":true})"),
         {R"(input {"no":)", R"(input "id"})"}},
        {tool(R"({"name":"t","toolUseId":"a","input":null,"stop":false})") +
             tool(R"({"toolUseId":"a","stop":true})"),
         {"input {}"}},
        {tool(R"({"name":"t","toolUseId":"a","input":"  \n","stop":true})"), {"input {}"}},
        {event_frame("toolUse", R"({"name":"t","toolUseId":"a","input":{"legacy":true}})"),
         {R"(input {"legacy":true})"}},
        {tool(R"({"name":"t","toolUseId":"a","input":"{\"e\":\"\u00e9\\n\"}","stop":true})"),
         {R"(input {"e":"é\n"})"}},
    };
    for (const Row& row : rows) {
        const kg::test::Decoded out = kg::test::decode_events(row.frames);
        REQUIRE(!out.failure);
        Lines expected = {"tool a t"};
        expected.insert(expected.end(), row.input.begin(), row.input.end());
        expected.insert(expected.end(), {"tool end", "end tool_use"});
        CHECK(out.lines == expected);
    }
}

TEST_CASE("#18: a tool call without stop never reaches the client") {
    const kg::test::Decoded out = kg::test::decode_events(vectors::kG1 + vectors::kG3 + vectors::kG4);
    CHECK(out.lines == Lines{"text Hello", "end max_tokens"});
    const kg::test::Decoded after_tool =
        kg::test::decode_events(kTool + tool(R"({"name":"t","toolUseId":"b","input":"{"})"));
    CHECK(after_tool.count("tool ") == 2);  // one start, one end
    CHECK(after_tool.last() == "end max_tokens");
}

TEST_CASE("C3: no stop event and nothing else said is an error, never a guessed call") {
    const kg::test::Decoded out = kg::test::decode_events(vectors::kG3 + vectors::kG4);
    REQUIRE(out.failure);
    CHECK(out.failure->cls == FailureClass::damaged_stream);
    CHECK(out.lines.empty());
}

TEST_CASE("#19: invalid JSON at stop is an error, not an empty object") {
    for (const char* input : {R"({\"a\":)", R"([1])", R"(\"text\")", "5", R"({} {})", "null"}) {
        const kg::test::Decoded out = kg::test::decode_events(
            tool(R"({"name":"t","toolUseId":"a","input":")" + std::string(input) + "\"}") +
            tool(R"({"name":"t","toolUseId":"a","stop":true})"));
        REQUIRE(out.failure);
        CHECK(out.failure->cls == FailureClass::tool_input_invalid);
        CHECK(out.lines.empty());
    }
}

TEST_CASE("#20: a finished id repeated is ignored") {
    CHECK(kg::test::decode_events(kTool + kTool).lines == kg::test::decode_events(kTool).lines);
}

TEST_CASE("C2: interleaved calls stay intact") {  // #21
    const kg::test::Decoded out = kg::test::decode_events(
        tool(R"({"name":"f","toolUseId":"a"})") + tool(R"({"name":"g","toolUseId":"b"})") +
        tool(R"({"name":"f","toolUseId":"a","input":"{\"p\":1"})") +
        tool(R"({"name":"g","toolUseId":"b","input":"{\"q\":2"})") +
        tool(R"({"name":"f","toolUseId":"a","input":"}"})") +
        tool(R"({"name":"g","toolUseId":"b","input":"}"})") +
        tool(R"({"name":"f","toolUseId":"a","stop":true})") +
        tool(R"({"name":"g","toolUseId":"b","stop":true})"));
    CHECK(out.lines == Lines{"tool a f", R"(input {"p":1)", "input }", "tool end", "tool b g",
                             R"(input {"q":2)", "input }", "tool end", "end tool_use"});
}

TEST_CASE("tool frames that make no sense damage the stream") {
    for (const char* payload :
         {R"({"toolUseId":"a"})", R"({"input":"x"})", R"({"name":"t"})",
          R"({"name":"t","toolUseId":"a","stop":"true"})", R"({"name":"t","toolUseId":"a","stop":1})",
          R"({"name":"t","toolUseId":"a","input":5})", R"({"name":"t","toolUseId":7})",
          R"({"name":"t","toolUseId":"a","input":true})"}) {
        INFO(payload);
        const kg::test::Decoded out = kg::test::decode_events(tool(payload));
        REQUIRE(out.failure);
        CHECK(out.failure->cls == FailureClass::damaged_stream);
    }
}

TEST_CASE("open tool calls and their input are bounded") {
    std::string stream;
    for (std::size_t i = 0; i < ToolAssembler::kOpenCallsMax; ++i) {
        stream += tool(R"({"name":"t","toolUseId":"id)" + std::to_string(i) + "\"}");
    }
    CHECK(kg::test::decode_events(vectors::kG1 + stream).last() == "end max_tokens");
    const kg::test::Decoded out =
        kg::test::decode_events(stream + tool(R"({"name":"t","toolUseId":"one-more"})"));
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
