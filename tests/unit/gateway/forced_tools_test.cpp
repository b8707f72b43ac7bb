// What a request demands of the calls in its answer, and upstream does not keep.
#include "tests/support/catch.hpp"
#include "tests/support/gateway_rig.hpp"

using namespace kg;
using test::GatewayRig;
using test::RecordingAnswer;
using Mode = chat::ToolChoice::Mode;

namespace {

chat::Request offering(std::initializer_list<const char*> names, Mode mode, std::string named = {}) {
    auto request = GatewayRig::request("Weather?");
    for (const char* name : names)
        request.tools.push_back({name, "d", RawJson::trusted(R"({"type":"object","properties":{}})")});
    request.tool_choice.mode = mode;
    request.tool_choice.name = std::move(named);
    return request;
}

std::string call_frames(const std::string& name, const std::string& id = "tooluse_1") {
    const auto frame = [&](const std::string& more) {
        return kiro::event_frame("toolUseEvent",
                                 R"({"name":")" + name + R"(","toolUseId":")" + id + "\"" + more + "}");
    };
    return frame("") + frame(R"(,"input":"{\"a\":1}")") + frame(R"(,"stop":true)");
}

struct Play {
    explicit Play(chat::Request request, int accounts = 1) : rig(accounts) {
        job = rig.job(answer, std::move(request));
        job->start();
    }
    void say(const std::string& frames) { GatewayRig::stream(rig.last_chat(), frames + GatewayRig::tail()); }
    std::size_t rounds() const { return rig.calls_to("generateAssistantResponse"); }
    std::string sent() { return std::string(rig.last_chat().request.body.view()); }

    GatewayRig rig;
    RecordingAnswer answer;
    std::unique_ptr<gateway::ChatJob> job;
};

}  // namespace

TEST_CASE("a required call that comes needs one round, and the text before it arrives with it") {
    for (const auto mode : {Mode::any, Mode::named}) {
        Play play(offering({"f", "g"}, mode, "f"));
        auto& call = play.rig.last_chat();
        call.head(200, {{"content-type", "application/vnd.amazon.eventstream"}});
        call.body(GatewayRig::text_frame("Let me see."));
        CHECK(play.answer.events == 0);  // it may have to be asked again
        call.body(call_frames("f"));
        CHECK(play.answer.text == "Let me see.");
        CHECK(play.answer.tools == std::vector<std::string>{R"(f({"a":1}))"});
        call.body(GatewayRig::tail());
        call.done();
        CHECK(play.rounds() == 1);
        REQUIRE(play.answer.ending);
        CHECK(play.answer.ending->usage.credits == 0.25);
        CHECK(play.job->report().repairs == 0);
    }
}

TEST_CASE("an answer without the required call is asked for once more, and both rounds are counted") {
    Play play(offering({"f", "g"}, Mode::any));
    play.say(GatewayRig::text_frame("It is sunny."));
    CHECK(play.answer.endings == 0);
    REQUIRE(play.rounds() == 2);
    CHECK_THAT(play.sent(), Catch::Contains(R"("assistantResponseMessage":{"content":"It is sunny.")"));
    CHECK_THAT(play.sent(), Catch::Contains("Your last message called no tool."));
    CHECK_THAT(play.sent(), Catch::Contains("You must call one of these tools: `f`, `g`."));
    play.say(GatewayRig::text_frame("Sorry.") + call_frames("g"));
    CHECK(play.answer.text == "Sorry.");  // of the second round alone
    CHECK(play.answer.tools == std::vector<std::string>{R"(g({"a":1}))"});
    REQUIRE(play.answer.ending);
    CHECK(play.answer.ending->usage.credits == 0.5);
    CHECK(play.answer.ending->usage.input_tokens == 20);
    CHECK(play.answer.ending->usage.output_tokens == 6);
    CHECK(play.job->report().repairs == 1);
    CHECK(play.rig.stats.repairs == 1);
    CHECK_THAT(play.job->report().warnings.back(), Catch::Contains("the model called no tool"));
}

TEST_CASE("a required call that does not come in the second round either is an error with its price") {
    Play play(offering({"f"}, Mode::named, "f"));
    play.say(GatewayRig::text_frame("No."));
    play.say(GatewayRig::text_frame("Still no."));
    CHECK(play.rounds() == 2);
    CHECK(play.answer.events == 0);
    REQUIRE(play.answer.error);
    CHECK(play.answer.error->kind == ErrorKind::answer_unfit);
    CHECK(play.answer.error->message == "tool_choice: the model called no tool; the model was asked twice");
    CHECK(play.answer.error->param == "tool_choice");
    CHECK(play.answer.error->code == "tool_call_missing");
    CHECK(play.job->report().usage.credits == 0.5);
}

TEST_CASE("a call of another tool than the named one is withheld and told to the model") {
    auto request = offering({"f", "g"}, Mode::named, "f");
    request.messages = {{chat::Role::user, {chat::Text{"Weather?"}}},
                        {chat::Role::assistant, {chat::ToolUse{"t1", "g", RawJson::trusted("{}")}}},
                        {chat::Role::user, {chat::ToolResult{"t1", {chat::Text{"rain"}}, false}}}};
    Play play(std::move(request));
    play.say(call_frames("g"));
    CHECK(play.answer.events == 0);
    REQUIRE(play.rounds() == 2);
    CHECK_THAT(play.sent(), Catch::Contains("Your last message called `g`, which is not available here"));
    CHECK_THAT(play.sent(), Catch::Contains("You must call the tool `f`."));
    play.say(call_frames("f"));
    CHECK(play.answer.tools == std::vector<std::string>{R"(f({"a":1}))"});
}

TEST_CASE("tool_choice none: a call that comes all the same is withheld, an answer in text stands") {
    {
        Play play(offering({"f"}, Mode::none));
        CHECK_THAT(play.sent(), !Catch::Contains("toolSpecification"));
        play.say(GatewayRig::text_frame("Sunny.") + call_frames("f"));
        CHECK(play.answer.text == "Sunny.");
        CHECK(play.answer.tools.empty());
        CHECK(play.rounds() == 1);
        CHECK(play.answer.ending);
    }
    Play play(offering({"f"}, Mode::none));
    play.say(call_frames("f"));
    REQUIRE(play.rounds() == 2);
    CHECK_THAT(play.sent(), Catch::Contains("No tool can be called now. Answer in text."));
    play.say(GatewayRig::text_frame("Sunny."));
    CHECK(play.answer.text == "Sunny.");
    CHECK(play.answer.ending);
}

TEST_CASE("of tools that were withdrawn no call passes, the text before it has, and the answer goes on") {
    auto request = offering({"f"}, Mode::automatic);
    request.tool_choice.limited = true;
    Play play(std::move(request));
    play.say(GatewayRig::text_frame("Let me see.") + call_frames("h"));
    CHECK(play.answer.text == "Let me see.");
    CHECK(play.answer.endings == 0);
    REQUIRE(play.rounds() == 2);
    CHECK_THAT(play.sent(), Catch::Contains("Go on with `f` or with text."));
    play.say(GatewayRig::text_frame("Sunny."));
    CHECK(play.answer.text == "Let me see.\n\nSunny.");
    REQUIRE(play.answer.ending);
    CHECK(play.answer.ending->usage.credits == 0.5);
}

TEST_CASE("where nothing is demanded of tools, every call passes at once") {
    Play play(offering({"f"}, Mode::automatic));
    play.say(call_frames("unheard_of"));
    CHECK(play.answer.tools == std::vector<std::string>{R"(unheard_of({"a":1}))"});
    CHECK(play.rounds() == 1);
}

TEST_CASE("a second call ends the answer where parallel calls are forbidden") {
    auto request = offering({"f"}, Mode::any);
    request.tool_choice.disable_parallel = true;
    Play play(std::move(request));
    CHECK_THAT(play.sent(), Catch::Contains("Call at most one tool in a message"));
    auto& call = play.rig.last_chat();
    call.head(200, {{"content-type", "application/vnd.amazon.eventstream"}});
    call.body(call_frames("f", "tooluse_1") + call_frames("f", "tooluse_2") + GatewayRig::text_frame("and"));
    REQUIRE(play.answer.ending);  // before upstream has ended
    CHECK(play.answer.ending->reason == chat::StopReason::tool_use);
    CHECK(play.answer.tools.size() == 1);
    CHECK(play.answer.text.empty());
    CHECK(call.cancelled);
}

TEST_CASE("what a limit or a refusal ended is told as it is, although a call was required") {
    const auto frames = GatewayRig::text_frame("It is") +
                        kiro::event_frame("metadataEvent", R"({"stopReason":"MAX_TOKENS"})");
    Play play(offering({"f"}, Mode::any));
    GatewayRig::stream(play.rig.last_chat(), frames);
    CHECK(play.rounds() == 1);
    CHECK(play.answer.text == "It is");
    REQUIRE(play.answer.ending);
    CHECK(play.answer.ending->reason == chat::StopReason::max_tokens);
}

TEST_CASE("the repair round moves to another account like any other, and forgets a broken try") {
    Play play(offering({"f"}, Mode::any), 2);
    play.say(GatewayRig::text_frame("No."));
    REQUIRE(play.rounds() == 2);
    GatewayRig::stream(play.rig.last_chat(),
                       GatewayRig::text_frame("I will") +
                           kiro::exception_frame("ThrottlingException", R"({"message":"slow"})"));
    REQUIRE(play.rounds() == 3);
    CHECK_THAT(play.sent(), Catch::Contains("Your last message called no tool."));
    play.say(call_frames("f"));
    CHECK(play.answer.text.empty());
    CHECK(play.answer.tools.size() == 1);
    REQUIRE(play.answer.ending);
    CHECK(play.answer.ending->usage.credits == 0.5);
}

TEST_CASE("thinking passes while a call is awaited, and is not asked for again in the repair round") {
    auto request = offering({"f"}, Mode::any);
    request.thinking.enabled = true;
    Play play(std::move(request));
    play.say(kiro::event_frame("reasoningContentEvent", R"({"text":"Hm."})") + GatewayRig::text_frame("No."));
    CHECK(play.answer.thinking == "Hm.");
    REQUIRE(play.rounds() == 2);
    play.say(kiro::event_frame("reasoningContentEvent", R"({"text":"Again."})") + call_frames("f"));
    CHECK(play.answer.thinking == "Hm.");
    CHECK(play.answer.tools.size() == 1);
}

TEST_CASE("a client that leaves in the repair round has both rounds on its bill") {
    Play play(offering({"f"}, Mode::any));
    play.say(GatewayRig::text_frame("No."));
    REQUIRE(play.rounds() == 2);
    play.job->abandon();
    CHECK(play.job->report().usage.credits == 0.25);
    CHECK(play.job->report().usage.output_tokens == 3);
    CHECK(play.job->report().usage.input_tokens == 10);  // of the round that was answered
}

TEST_CASE("a repair round that nobody answers is on no bill") {
    Play play(offering({"f"}, Mode::any));
    play.say(GatewayRig::text_frame("No."));
    REQUIRE(play.rounds() == 2);
    play.rig.last_chat().answer(400, R"({"message":"Improperly formed request."})");
    REQUIRE(play.answer.error);
    CHECK(play.job->report().usage.credits == 0.25);
    CHECK(play.job->report().usage.input_tokens == 10);
    CHECK(play.job->report().usage.output_tokens == 3);
}

TEST_CASE("what was held back of the text before a required call stays in its place before it") {
    auto request = offering({"f"}, Mode::any);
    request.stop_sequences = {"STOP"};
    Play play(std::move(request));
    play.say(GatewayRig::text_frame("Let me ST") + call_frames("f"));
    CHECK(play.answer.text == "Let me ST");
    CHECK(play.answer.tools.size() == 1);
    CHECK(play.answer.ending);
}

TEST_CASE("a call behind the token limit does not begin, also when the limit shows only at the call") {
    const std::string words = "one two three four five six seven eight nine ten";
    auto request = offering({"f"}, Mode::automatic);
    request.stop_sequences = {words + " eleven"};  // all of the text is held back until the call
    request.max_tokens = 2;
    Play play(std::move(request));
    play.say(GatewayRig::text_frame(words) + call_frames("f"));
    CHECK(play.answer.tools.empty());
    REQUIRE(play.answer.ending);
    CHECK(play.answer.ending->reason == chat::StopReason::max_tokens);
}

TEST_CASE("a repair that breaks off and is forgotten keeps the text of the first round") {
    auto request = offering({"f"}, Mode::automatic);
    request.tool_choice.limited = true;
    Play play(std::move(request), 2);
    play.answer.forgets = true;  // as a client is that does not stream
    play.say(GatewayRig::text_frame("Let me see.") + call_frames("h"));
    REQUIRE(play.rounds() == 2);
    GatewayRig::stream(
        play.rig.last_chat(),
        GatewayRig::text_frame("It") + kiro::exception_frame("ThrottlingException", R"({"message":"slow"})"));
    REQUIRE(play.rounds() == 3);
    play.say(GatewayRig::text_frame("Sunny."));
    CHECK(play.answer.text == "Let me see.\n\nSunny.");
    CHECK(play.answer.ending);
}
