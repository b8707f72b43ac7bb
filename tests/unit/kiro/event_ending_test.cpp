#include "core/kiro/event_decoder.hpp"

#include "tests/support/event_decoding.hpp"

using namespace kg::kiro;
namespace vectors = kg::test::vectors;
using kg::test::Lines;

namespace {

std::string metadata(std::string_view stop) {
    return event_frame("metadataEvent", "{\"stopReason\":\"" + std::string(stop) + "\"}");
}
const std::string kTool = vectors::kG3 + vectors::kG4 + vectors::kG5 + vectors::kG6;
constexpr const char* kToolId = "tooluse_AAAABBBBCCCCDDDDEEEE01";

}  // namespace

TEST_CASE("thinking comes as text, signature and redacted parts") {
    CHECK(kg::test::decode_events(vectors::kG7 + vectors::kG8 + vectors::kG9 + vectors::kG1).lines ==
          Lines{"thinking Let me think.", "signature c2lnLTAwMQ==", "redacted b3BhcXVl", "text Hello",
                "end end_turn"});
    CHECK(kg::test::decode_events(event_frame("reasoningContentEvent", R"({"text":"both","signature":"s"})"))
              .lines == Lines{"thinking both", "signature s", "end end_turn"});
    CHECK(kg::test::decode_events(vectors::kG1 +
                                  event_frame("reasoningContentEvent", R"({"text":"...","signature":"s"})"))
              .lines == Lines{"text Hello", "signature s", "end end_turn"});
    REQUIRE(kg::test::decode_events(event_frame("reasoningContentEvent", R"({"text":1})")).failure);
}

TEST_CASE("#45: a signature alone is an answer") {
    CHECK(kg::test::decode_events(vectors::kG8).lines == Lines{"signature c2lnLTAwMQ==", "end end_turn"});
}

TEST_CASE("usage is read in every form and summed where it must be") {
    const auto usage = [](std::string_view tokens) {
        const kg::test::Decoded out = kg::test::decode_events(
            vectors::kG1 + event_frame("metadataEvent", "{\"tokenUsage\":" + std::string(tokens) + "}"));
        REQUIRE(!out.failure);
        return out.lines.size() == 3 ? out.lines[1] : "";
    };
    CHECK(usage(R"({"totalTokens":100,"outputTokens":30,"cacheReadInputTokens":20})") ==
          "usage in=50 read=20 out=30");
    CHECK(usage(R"({"uncachedInputTokens":1.0,"outputTokens":2})") == "usage in=1 out=2");
    CHECK(usage(R"({"totalTokens":10,"outputTokens":30})") == "usage in=0 out=30");
    CHECK(usage(R"({"uncachedInputTokens":null,"outputTokens":-5})").empty());
    CHECK(usage("null").empty());
    CHECK(usage("{}").empty());
    const kg::test::Decoded out = kg::test::decode_events(vectors::kG1 + vectors::kG12 + vectors::kG12);
    CHECK(out.lines == Lines{"text Hello", "usage credits=0.25", "usage credits=0.5", "end end_turn"});
    for (const char* payload :
         {R"({"tokenUsage":5})", R"({"tokenUsage":{"outputTokens":"5"}})", R"({"stopReason":1})"}) {
        REQUIRE(kg::test::decode_events(event_frame("metadataEvent", payload)).failure);
    }
    REQUIRE(kg::test::decode_events(event_frame("contextUsageEvent", R"({"contextUsagePercentage":"2"})"))
                .failure);
    REQUIRE(kg::test::decode_events(event_frame("meteringEvent", R"({"usage":{}})")).failure);
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
        CHECK(kg::test::decode_events(vectors::kG1 + metadata(row.reason)).last() == row.plain);
        CHECK(kg::test::decode_events(kTool + metadata(row.reason)).last() == row.with_tool);
    }
    const kg::test::Decoded tool_failure =
        kg::test::decode_events(vectors::kG1 + metadata("MALFORMED_TOOL_USE"));
    REQUIRE(tool_failure.failure);
    CHECK(tool_failure.failure->cls == FailureClass::tool_input_invalid);
    const kg::test::Decoded output_failure =
        kg::test::decode_events(vectors::kG1 + metadata("MALFORMED_MODEL_OUTPUT"));
    REQUIRE(output_failure.failure);
    CHECK(output_failure.failure->cls == FailureClass::damaged_stream);
}

TEST_CASE("#22: END_TURN with tools is tool_use") {
    CHECK(kg::test::decode_events(kTool + vectors::kG10).last() == "end tool_use");
}

TEST_CASE("#68: a full context is a stop reason") {
    const auto percent = [](std::string_view number) {
        return event_frame("contextUsageEvent", "{\"contextUsagePercentage\":" + std::string(number) + "}");
    };
    CHECK(kg::test::decode_events(vectors::kG1 + percent("99.9")).last() == "end end_turn");
    CHECK(kg::test::decode_events(vectors::kG1 + percent("100")).last() == "end context_window");
    CHECK(kg::test::decode_events(percent("101.5")).last() == "end context_window");
}

TEST_CASE("#5: a missing tail is truncation only when told to be strict") {
    EventDecoderOptions strict;
    strict.strict_tail = true;
    CHECK(kg::test::decode_events(vectors::kG1).last() == "end end_turn");
    CHECK(kg::test::decode_events(vectors::kG1, strict).last() == "end max_tokens");
    CHECK(kg::test::decode_events(vectors::kG1 + vectors::kG10, strict).last() == "end end_turn");
    CHECK(kg::test::decode_events(vectors::kG1 + vectors::kG12, strict).last() == "end end_turn");
}

TEST_CASE("#6: an empty answer is a failure unless upstream explains it") {
    for (const std::string& stream :
         {std::string(), vectors::kG13 + vectors::kG10 + vectors::kG11, vectors::kG19}) {
        const kg::test::Decoded out = kg::test::decode_events(stream);
        REQUIRE(out.failure);
        CHECK(out.failure->cls == FailureClass::empty_answer);
    }
    CHECK(kg::test::decode_events(metadata("CONTENT_FILTERED")).last() == "end refusal");
    CHECK(kg::test::decode_events(metadata("MAX_TOKENS")).last() == "end max_tokens");
}

TEST_CASE("#7: an exception frame alone is classified like the HTTP error") {
    const kg::test::Decoded out = kg::test::decode_events(vectors::kG16);
    REQUIRE(out.failure);
    CHECK(out.failure->cls == FailureClass::rate_limited_user);
    CHECK(out.failure->exception == "Throttling");
    CHECK(out.failure->reason == "USER_REQUEST_RATE_EXCEEDED");
    CHECK(out.lines.empty());
}

TEST_CASE("#8: an exception after text ends in failure without a message end") {
    const kg::test::Decoded out = kg::test::decode_events(vectors::kG1 + vectors::kG16);
    REQUIRE(out.failure);
    CHECK(out.lines == Lines{"text Hello"});
}

TEST_CASE("error frames and error events fail") {
    kg::test::Decoded out = kg::test::decode_events(vectors::kG18);
    REQUIRE(out.failure);
    CHECK(out.failure->cls == FailureClass::transient);
    CHECK(out.failure->exception == "InternalServer");
    CHECK(out.failure->detail == "boom");
    out = kg::test::decode_events(
        event_frame("error", R"({"message":"bad","reason":"MODEL_TEMPORARILY_UNAVAILABLE"})"));
    REQUIRE(out.failure);
    CHECK(out.failure->cls == FailureClass::model_capacity);
    out = kg::test::decode_events(vectors::kG14);
    REQUIRE(out.failure);
    CHECK(out.failure->cls == FailureClass::malformed);
    CHECK(out.failure->reason == "INVALID_TASK_ASSIST_PLAN");
}

TEST_CASE("C11: running out of room after text is the end, before text an error") {
    CHECK(kg::test::decode_events(vectors::kG1 + vectors::kG17).lines ==
          Lines{"text Hello", "end max_tokens"});
    CHECK(kg::test::decode_events(kTool + vectors::kG17).last() == "end max_tokens");
    const kg::test::Decoded out = kg::test::decode_events(vectors::kG17);
    REQUIRE(out.failure);
    CHECK(out.failure->cls == FailureClass::context_overflow);
}
