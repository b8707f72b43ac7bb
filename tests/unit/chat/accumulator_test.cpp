#include "core/chat/accumulator.hpp"

#include "tests/support/catch.hpp"

using namespace kg::chat;

TEST_CASE("C14: parts keep their order of arrival and deltas are joined") {
    Accumulator a;
    for (const StreamEvent& e : std::vector<StreamEvent>{
             ThinkingDelta{"h"}, ThinkingDelta{"m"}, ThinkingSignature{"sig"}, TextDelta{"one "},
             TextDelta{"two"}, ToolUseStart{"t1", "read"}, ToolInputDelta{"{\"a\":"}, ToolInputDelta{"1}"},
             ToolUseEnd{}, TextDelta{"three"}, ToolUseStart{"t2", "list"}, ToolUseEnd{}, Usage{},
             MessageEnd{}}) {
        a.add(e);
    }
    const Response r = a.take(StopReason::tool_use, "", {.input_tokens = 5});
    REQUIRE(r.parts.size() == 5);
    CHECK(std::get<Thinking>(r.parts[0]).text == "hm");
    CHECK(std::get<Thinking>(r.parts[0]).signature == "sig");
    CHECK(std::get<Text>(r.parts[1]).text == "one two");
    CHECK(std::get<ToolUse>(r.parts[2]).id == "t1");
    CHECK(std::get<ToolUse>(r.parts[2]).name == "read");
    CHECK(std::get<ToolUse>(r.parts[2]).input.text() == "{\"a\":1}");
    CHECK(std::get<Text>(r.parts[3]).text == "three");
    CHECK(std::get<ToolUse>(r.parts[4]).input.text() == "{}");
    CHECK(r.stop_reason == StopReason::tool_use);
    CHECK(r.usage.input_tokens == 5);
}

TEST_CASE("thinking blocks end at their signature and redacted ones stand alone") {
    Accumulator a;
    a.add(ThinkingSignature{"only"});
    a.add(ThinkingDelta{"second"});
    a.add(RedactedThinking{"data"});
    a.add(ThinkingDelta{"third"});
    const Response r = a.take(StopReason::stop_sequence, "END", {});
    REQUIRE(r.parts.size() == 4);
    CHECK(std::get<Thinking>(r.parts[0]).signature == "only");
    CHECK(std::get<Thinking>(r.parts[0]).text.empty());
    CHECK(std::get<Thinking>(r.parts[1]).text == "second");
    CHECK(std::get<Thinking>(r.parts[2]).redacted);
    CHECK(std::get<Thinking>(r.parts[2]).text == "data");
    CHECK(std::get<Thinking>(r.parts[3]).text == "third");
    CHECK(r.stop_sequence == "END");
}

TEST_CASE("held bytes are counted, and a cut tool input is not passed on") {
    Accumulator a;
    a.add(TextDelta{"abc"});
    a.add(ToolUseStart{"id", "n"});
    a.add(ToolInputDelta{"{\"x\":"});
    CHECK(a.size_bytes() == 3 + 3 + 5);
    const Response r = a.take(StopReason::max_tokens, "", {});
    CHECK(std::get<ToolUse>(r.parts.at(1)).input.text() == "{}");
    CHECK(a.size_bytes() == 0);
    CHECK(a.take(StopReason::end_turn, "", {}).parts.empty());
}

TEST_CASE("effort names read back") {
    for (const Effort e : {Effort::low, Effort::medium, Effort::high, Effort::xhigh, Effort::max}) {
        CHECK(parse_effort(effort_name(e)) == e);
    }
    CHECK(parse_effort("HIGH") == Effort::high);
    CHECK_FALSE(parse_effort("minimal"));
    CHECK_FALSE(parse_effort(""));
}
