// Answers that have to be one JSON document.
#include "tests/support/catch.hpp"
#include "tests/support/gateway_rig.hpp"

using namespace kg;
using test::GatewayRig;
using test::RecordingAnswer;

namespace {

constexpr const char* kTitle =
    R"({"type":"object","properties":{"title":{"type":"string"}},"required":["title"]})";

chat::Request wanting(const char* schema, bool strict = true) {
    auto request = GatewayRig::request("Name it.");
    request.stream = true;
    request.json_only = true;
    request.json_field = "text.format";
    if (schema) request.json_schema = RawJson::trusted(schema);
    request.json_strict = strict;
    return request;
}

struct Play {
    explicit Play(chat::Request request) {
        job = rig.job(answer, std::move(request));
        job->start();
    }
    /// Pieces as they come from upstream; each is JSON text inside a string.
    void say(std::initializer_list<const char*> pieces) {
        auto& call = rig.last_chat();
        call.head(200, {{"content-type", "application/vnd.amazon.eventstream"}});
        for (const char* piece : pieces) call.body(GatewayRig::text_frame(piece));
        call.body(GatewayRig::tail());
        call.done();
    }
    std::size_t rounds() const { return rig.calls_to("generateAssistantResponse"); }
    std::string sent() { return std::string(rig.last_chat().request.body.view()); }

    GatewayRig rig{1};
    RecordingAnswer answer;
    std::unique_ptr<gateway::ChatJob> job;
};

}  // namespace

TEST_CASE("JSON that fits passes in one round, without a fence or prose around it") {
    for (const auto& pieces : std::initializer_list<std::initializer_list<const char*>>{
             {R"({\"ti)", R"(tle\":\"A\"})"},
             {"```json\\n", R"({\"title\":\"A\"})", "\\n```"},
             {"Here: ", R"({\"title\":\"A\"})", " Well?"}}) {
        Play play(wanting(kTitle));
        play.say(pieces);
        CHECK(play.rounds() == 1);
        CHECK(play.answer.text == R"({"title":"A"})");
        CHECK(play.answer.events == 1);
        REQUIRE(play.answer.ending);
        CHECK(play.answer.ending->reason == chat::StopReason::end_turn);
        CHECK(play.answer.ending->usage.credits == 0.25);
    }
}

TEST_CASE("JSON that does not fit is asked for once more, with what does not fit") {
    Play play(wanting(kTitle));
    play.say({R"({\"name\":\"A\"})"});
    CHECK(play.answer.events == 0);
    REQUIRE(play.rounds() == 2);
    CHECK_THAT(play.sent(), Catch::Contains(R"("assistantResponseMessage":{"content":"{\"name\":\"A\"}")"));
    CHECK_THAT(play.sent(),
               Catch::Contains("Your last message is not what was asked for: the answer does not fit "
                               "the schema: $: "));
    play.say({R"({\"title\":\"A\"})"});
    CHECK(play.answer.text == R"({"title":"A"})");
    REQUIRE(play.answer.ending);
    CHECK(play.answer.ending->usage.credits == 0.5);
    CHECK(play.answer.ending->usage.output_tokens == 6);
}

TEST_CASE("after the second miss a strict schema ends in an error, a lenient one in a warning") {
    for (const bool strict : {true, false}) {
        Play play(wanting(kTitle, strict));
        play.say({R"({\"name\":1})"});
        play.say({R"({\"name\":2})"});
        CHECK(play.rounds() == 2);
        if (strict) {
            REQUIRE(play.answer.error);
            CHECK(play.answer.error->kind == ErrorKind::answer_unfit);
            CHECK(play.answer.error->param == "text.format");
            CHECK(play.answer.error->code == "invalid_json_answer");
            CHECK_THAT(play.answer.error->message, Catch::Contains("'title'"));
            CHECK(play.job->report().usage.credits == 0.5);
        } else {
            CHECK(play.answer.text == R"({"name":2})");
            REQUIRE(play.answer.ending);
            CHECK_THAT(play.job->report().warnings.back(), Catch::Contains("does not fit the schema"));
        }
    }
}

TEST_CASE("what is no JSON at all is an error after the second time, strict or not") {
    Play play(wanting(nullptr, false));
    play.say({"I would rather not."});
    CHECK_THAT(play.sent(), Catch::Contains("the answer is not a JSON document"));
    play.say({"[1]"});
    REQUIRE(play.answer.error);
    CHECK_THAT(play.answer.error->message, Catch::Contains("the answer is not a JSON object"));
}

TEST_CASE("a document that a limit cut off is told as far as it came") {
    Play play(wanting(kTitle));
    GatewayRig::stream(play.rig.last_chat(),
                       GatewayRig::text_frame(R"(```json\n{\"title\":\"A)") +
                           kiro::event_frame("metadataEvent", R"({"stopReason":"MAX_TOKENS"})"));
    CHECK(play.rounds() == 1);
    CHECK(play.answer.text == R"({"title":"A)");
    REQUIRE(play.answer.ending);
    CHECK(play.answer.ending->reason == chat::StopReason::max_tokens);
}

TEST_CASE("beside JSON a tool may be called, and talk before the call is no answer") {
    auto request = wanting(kTitle);
    request.tools = {{"f", "d", RawJson::trusted(R"({"type":"object","properties":{}})")}};
    Play play(std::move(request));
    const auto call = [](const std::string& more) {
        return kiro::event_frame("toolUseEvent", R"({"name":"f","toolUseId":"t1")" + more + "}");
    };
    GatewayRig::stream(play.rig.last_chat(), GatewayRig::text_frame("Let me look.") + call("") +
                                                 call(R"(,"stop":true)") + GatewayRig::tail());
    CHECK(play.rounds() == 1);
    CHECK(play.answer.text.empty());
    CHECK(play.answer.tools == std::vector<std::string>{"f({})"});
}

TEST_CASE("a schema that the validator cannot use is refused before anything is sent") {
    Play play(wanting(R"({"$ref":"#/nowhere"})"));
    REQUIRE(play.answer.error);
    CHECK(play.answer.error->kind == ErrorKind::unsupported);
    CHECK(play.answer.error->param == "text.format");
    CHECK(play.rounds() == 0);
}
