// Answers that break off after the client began to read.
#include "core/json/document.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gateway_rig.hpp"

using namespace kg;
using test::GatewayRig;
using test::RecordingAnswer;

namespace {

const std::string kThrottle = kiro::exception_frame("ThrottlingException", R"({"message":"slow"})");

chat::Request streamed() {
    auto request = GatewayRig::request("Tell me");
    request.stream = true;
    return request;
}

void allow(GatewayRig& rig) {
    gateway::Settings settings;
    settings.continue_text = true;
    rig.settings.set(settings);
}

std::string tool_frame(const std::string& more) {
    return kiro::event_frame("toolUseEvent", R"({"toolUseId":"tooluse_1","name":"save")" + more + "}");
}

chat::Message turn(chat::Role role, std::string text) {
    return {role, {chat::Text{std::move(text)}}};
}

}  // namespace

TEST_CASE(
    "8: a text that breaks off is continued by another account, joined without a lost or doubled byte") {
    for (const std::string more : {" went on.", "said the fox and went on."}) {
        GatewayRig rig;
        allow(rig);
        RecordingAnswer answer;
        auto job = rig.job(answer, streamed());
        job->start();
        GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame("So it is, said the fox and") + kThrottle);
        CHECK(answer.endings == 0);
        REQUIRE(rig.calls_to("generateAssistantResponse") == 2);
        CHECK(job->report().account_id == "a1");
        const std::string sent(rig.last_chat().request.body.view());
        CHECK_THAT(sent, Catch::Contains(
                             "\"assistantResponseMessage\":{\"content\":\"So it is, said the fox and\""));
        CHECK_THAT(sent, Catch::Contains("Tell me"));
        CHECK_THAT(sent, Catch::Contains("Go on with the very next character"));
        GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame(more) + GatewayRig::tail());
        CHECK(answer.text == "So it is, said the fox and went on.");
        REQUIRE(answer.ending);
        CHECK(answer.ending->reason == chat::StopReason::end_turn);
        CHECK(answer.ending->usage.credits == 0.25);
        CHECK(answer.ending->usage.output_tokens == 7 + 3);  // the first part by estimate
        CHECK(job->report().continuations == 1);
        CHECK(rig.stats.continuations == 1);
    }
}

TEST_CASE(
    "8: a text that broke off before nothing but its end is finished by a continuation that adds nothing") {
    GatewayRig rig;
    allow(rig);
    RecordingAnswer answer;
    auto job = rig.job(answer, streamed());
    job->start();
    GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame("The whole.") + kThrottle);
    REQUIRE(rig.calls_to("generateAssistantResponse") == 2);
    GatewayRig::stream(rig.last_chat(), GatewayRig::tail());
    CHECK(answer.text == "The whole.");
    REQUIRE(answer.ending);
    CHECK(answer.ending->reason == chat::StopReason::end_turn);
}

TEST_CASE("8: a request for the rest that upstream refuses is mended once, with the text so far in it") {
    const bool twice = GENERATE(false, true);
    GatewayRig rig;
    allow(rig);
    RecordingAnswer answer;
    auto job = rig.job(answer, streamed());
    job->start();
    const auto id_of = [&] {
        const auto body = json::Document::parse(std::string(rig.last_chat().request.body.view()));
        return std::string(body->root()["conversationState"]["conversationId"].text());
    };
    GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame("So it is, said the fox and") + kThrottle);
    REQUIRE(rig.calls_to("generateAssistantResponse") == 2);
    const auto id = id_of();
    const auto refuse = [&] {
        rig.last_chat().answer(400, R"({"message":"Invalid id.","reason":"INVALID_CONVERSATION_ID"})");
    };
    refuse();
    REQUIRE(rig.calls_to("generateAssistantResponse") == 3);
    CHECK(id_of() != id);
    CHECK_THAT(std::string(rig.last_chat().request.body.view()),
               Catch::Contains("\"content\":\"So it is, said the fox and\""));
    if (twice) {
        refuse();
        CHECK(answer.error);
        CHECK(rig.calls_to("generateAssistantResponse") == 3);
        return;
    }
    GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame(" went on.") + GatewayRig::tail());
    CHECK(answer.text == "So it is, said the fox and went on.");
    REQUIRE(answer.ending);
    CHECK(answer.ending->usage.credits == 0.25);
}

TEST_CASE("8: continuations are bounded, and the failure is told in the end") {
    GatewayRig rig(6);
    gateway::Settings settings;
    settings.continue_text = true;
    settings.attempts_max = 4;
    rig.settings.set(settings);
    RecordingAnswer answer;
    auto job = rig.job(answer, streamed());
    job->start();
    std::string whole;
    for (int i = 0; answer.endings == 0 && i < 10; ++i) {
        const auto piece = "part " + std::to_string(i) + ", ";
        whole += piece;
        GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame(piece) + kThrottle);
    }
    CHECK(answer.error);
    CHECK(rig.calls_to("generateAssistantResponse") == 4);
    CHECK(answer.text == whole);
}

TEST_CASE(
    "8: without the setting, after a tool call, or for what no other account can mend, the failure is told") {
    GatewayRig rig;
    allow(rig);
    RecordingAnswer answer;
    auto request = streamed();
    request.tools.push_back({SharedText("save"), SharedText(""), RawJson::trusted("{}")});
    std::string body = GatewayRig::text_frame("Look: ");
    SECTION("off") {
        rig.settings.set(gateway::Settings{});
        body += kThrottle;
    }
    SECTION("a tool call was begun") {
        body += tool_frame(R"(,"input":"{\"a\":")") + kThrottle;
    }
    SECTION("a tool call was made") {
        body += tool_frame(R"(,"input":"{}","stop":true)") + kThrottle;
    }
    SECTION("filtered") {
        body += kiro::exception_frame("ValidationException", R"({"message":"Improperly formed request."})");
    }
    auto job = rig.job(answer, std::move(request));
    job->start();
    GatewayRig::stream(rig.last_chat(), body);
    CHECK(answer.error);
    CHECK(rig.calls_to("generateAssistantResponse") == 1);
}

TEST_CASE("a continuation keeps to stop sequences, token limits and hides its thinking") {
    GatewayRig rig;
    allow(rig);
    RecordingAnswer answer;
    auto request = streamed();
    SECTION("a stop sequence across the seam") {
        request.stop_sequences = {"STOP"};
        auto job = rig.job(answer, std::move(request));
        job->start();
        GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame("one two ST") + kThrottle);
        CHECK(answer.text == "one two ");
        GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame("OP three") + GatewayRig::tail());
        CHECK(answer.text == "one two ");
        REQUIRE(answer.ending);
        CHECK(answer.ending->stop_sequence == "STOP");
    }
    SECTION("the limit of the whole") {
        request.max_tokens = 10;
        auto job = rig.job(answer, std::move(request));
        job->start();
        GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame("sixteen letters.") + kThrottle);
        GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame("0123456789abcdefghijklmnopqrstuvwxyz") +
                                                GatewayRig::tail());
        CHECK(answer.text == "sixteen letters.0123456789abcdefghijklmn");
        REQUIRE(answer.ending);
        CHECK(answer.ending->reason == chat::StopReason::max_tokens);
    }
    SECTION("thinking") {
        request.thinking.enabled = true;
        auto job = rig.job(answer, std::move(request));
        job->start();
        const auto thought = [](const std::string& text) {
            return kiro::event_frame("reasoningContentEvent", R"({"text":")" + text + R"("})");
        };
        GatewayRig::stream(rig.last_chat(), thought("hm") + GatewayRig::text_frame("It is ") + kThrottle);
        GatewayRig::stream(rig.last_chat(),
                           thought("hm again") + GatewayRig::text_frame("so") + GatewayRig::tail());
        CHECK(answer.thinking == "hm");
        CHECK(answer.text == "It is so");
    }
}

TEST_CASE("4.4: a cut tool call is counted, never shown, and told to the model in the next turn") {
    GatewayRig rig;
    RecordingAnswer answer;
    const bool told = GENERATE(true, false);
    {
        auto job = rig.job(answer, streamed());
        job->start();
        GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame("I shall save it. ") +
                                                tool_frame(R"(,"input":"{\"path\":")") +
                                                (told ? GatewayRig::tail() : kThrottle));
    }
    if (told) {
        REQUIRE(answer.ending);
        CHECK(answer.ending->reason == chat::StopReason::max_tokens);
    } else {
        CHECK(answer.error);
    }
    CHECK(answer.tools.empty());
    CHECK(rig.stats.cut_tool_calls == 1);

    const auto next_body = [&](const std::string& said) {
        RecordingAnswer next;
        auto request = streamed();
        request.messages.push_back(turn(chat::Role::assistant, said));
        request.messages.push_back(turn(chat::Role::user, "And?"));
        auto job = rig.job(next, std::move(request));
        job->start();
        return std::string(rig.last_chat().request.body.view());
    };
    CHECK_THAT(next_body("I shall save it."), Catch::Contains("a call of the tool `save`"));
    CHECK_THAT(next_body("I shall save it. "), Catch::Contains("That call is lost"));  // and once more
    CHECK_THAT(next_body("Something else was said in that turn."), !Catch::Contains("That call is lost"));
    RecordingAnswer again;
    auto job = rig.job(again, streamed());  // the same question once more
    job->start();
    CHECK_THAT(std::string(rig.last_chat().request.body.view()), !Catch::Contains("That call is lost"));
}

TEST_CASE("cut tool calls are remembered by tenant and conversation, for an hour, in bounds") {
    gateway::CutCalls calls;
    const SteadyTime now{std::chrono::hours(10)};
    CHECK(calls.find("a", now).empty());
    for (std::size_t i = 0; i < 12; ++i) calls.remember("a", {.turn = i, .tool = "t"}, now);
    calls.remember("a", {.turn = 11, .tool = "again"}, now);
    REQUIRE(calls.find("a", now).size() == gateway::CutCalls::kCallsMax);
    CHECK(calls.find("a", now).back().tool == "again");
    CHECK(calls.find("b", now).empty());
    CHECK(calls.find("a", now + std::chrono::minutes(61)).empty());
    for (std::size_t i = 0; i < 1500; ++i)
        calls.remember(std::to_string(i), {.tool = "t"}, now + std::chrono::seconds(i));
    CHECK(calls.size() == gateway::CutCalls::kConversationsMax);
    CHECK(calls.find("0", now).empty());
    CHECK(calls.find("1499", now + std::chrono::seconds(1500)).size() == 1);
}
