#include "core/json/writer.hpp"
#include "core/websearch/make_job.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gateway_rig.hpp"

using namespace kg;
using test::GatewayRig;
using test::RecordingAnswer;

namespace {

const std::vector<http::Headers::Field> kStream{{"content-type", "application/vnd.amazon.eventstream"}};

std::string call_frames(const std::string& tool, const std::string& id, const std::string& input) {
    std::string fragment;
    json::Writer(fragment).string(input);
    const std::string named = R"("name":")" + tool + R"(","toolUseId":")" + id + "\"";
    return kiro::event_frame("toolUseEvent", "{" + named + "}") +
           kiro::event_frame("toolUseEvent", R"({"input":)" + fragment + "," + named + "}") +
           kiro::event_frame("toolUseEvent", "{" + named + R"(,"stop":true})");
}

std::string search_frames(const std::string& query, const std::string& id = "tooluse_1") {
    return call_frames("web_search", id, R"({"query":")" + query + R"("})");
}

std::string found(const std::string& results) {
    std::string body =
        R"({"id":"1","jsonrpc":"2.0","error":null,"result":{"isError":false,"content":[{"type":"text","text":)";
    json::Writer(body).string(R"({"results":[)" + results + "]}");
    return body + "}]}}";
}

const std::string kCats =
    R"({"title":"Cats","url":"https://example.org/cats","snippet":"Cats sleep.","publishedDate":1767225600000})";

struct SearchRig : GatewayRig {
    explicit SearchRig(int accounts = 2) : GatewayRig(accounts) {}

    std::unique_ptr<gateway::Job> start(chat::WebSearchTool tool = {},
                                        gateway::JobPermissions permissions = {},
                                        chat::Request request = GatewayRig::request("What of cats?")) {
        request.web_search = std::move(tool);
        request.stream = true;
        auto job = websearch::make_job(service, std::move(request), std::move(permissions), answer);
        job->start();
        return job;
    }
    test::ScriptedFetcher::Call& mcp(std::size_t index = 0) {
        for (std::size_t i = 0; i < fetcher.count(); ++i)
            if (fetcher.call(i).request.url.ends_with("/mcp") && index-- == 0) return fetcher.call(i);
        std::abort();
    }
    json::Document sent() {
        auto body = json::Document::parse(std::string(last_chat().request.body.view()));
        return body ? *body : json::Document();
    }

    RecordingAnswer answer;
};

}  // namespace

TEST_CASE("a search runs on the account that answers, and the model goes on with what it found") {
    SearchRig rig;
    auto job = rig.start();
    REQUIRE(rig.last_chat().request.body.view().find("\"web_search\"") != std::string_view::npos);
    GatewayRig::stream(rig.last_chat(),
                       GatewayRig::text_frame("Let me look.") + search_frames("cats") + GatewayRig::tail());
    CHECK(rig.answer.text == "Let me look.");
    CHECK(rig.answer.searches == std::vector<std::string>{"cats"});
    CHECK(rig.answer.found.empty());
    CHECK(rig.answer.endings == 0);

    auto& mcp = rig.mcp();
    CHECK(mcp.has_header("authorization: Bearer access-a0"));
    REQUIRE(mcp.header("x-amzn-kiro-profile-arn") != nullptr);
    const auto asked = json::Document::parse(std::string(mcp.request.body.view()));
    REQUIRE(asked);
    CHECK(asked->root()["method"].text() == "tools/call");
    CHECK(asked->root()["params"]["arguments"]["query"].text() == "cats");
    CHECK(asked->root()["id"].text().starts_with("web_search_tooluse_"));

    mcp.answer(200, found(kCats));
    REQUIRE(rig.answer.found.size() == 1);
    CHECK(rig.answer.found[0].hits.at(0).date == "2026-01-01");
    REQUIRE(rig.calls_to("generateAssistantResponse") == 2);
    CHECK(rig.last_chat().has_header("authorization: Bearer access-a0"));
    const auto body = rig.sent();
    const auto state = body.root()["conversationState"];
    const auto result =
        state["currentMessage"]["userInputMessage"]["userInputMessageContext"]["toolResults"].at(0);
    CHECK(result["toolUseId"].text() == "tooluse_1");
    CHECK(result["content"].at(0)["text"].text().find("Cats sleep.") != std::string_view::npos);

    GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame(" They sleep.") + GatewayRig::tail());
    CHECK(rig.answer.text == "Let me look. They sleep.");
    CHECK(rig.answer.tools.empty());
    REQUIRE(rig.answer.ending);
    CHECK(rig.answer.endings == 1);
    CHECK(rig.answer.ending->usage.web_searches == 1);
    CHECK(rig.answer.ending->usage.input_tokens == 10);  // of the last round: the conversation as it stands
    CHECK(rig.answer.ending->usage.output_tokens == 6);
    CHECK(rig.answer.ending->usage.credits == 0.5);
    CHECK(job->report().usage.input_tokens == 20);  // what was used
    CHECK(job->report().usage.credits == 0.5);
    CHECK(job->report().attempts == 2);
}

TEST_CASE("what follows a search in a stream waits for its result") {
    SearchRig rig;
    auto job = rig.start();
    auto& chat = rig.last_chat();
    chat.head(200, kStream);
    chat.body(search_frames("cats") + GatewayRig::text_frame("after"));
    CHECK(chat.paused);
    CHECK(rig.answer.text.empty());
    rig.mcp().answer(200, found(kCats));
    CHECK(rig.answer.found.size() == 1);
    CHECK(rig.answer.text == "after");
    CHECK_FALSE(chat.paused);
    chat.body(GatewayRig::tail());
    chat.done();
    CHECK(rig.calls_to("generateAssistantResponse") == 2);
}

TEST_CASE("a call of the client's own tool ends the answer after the search beside it") {
    SearchRig rig;
    auto request = GatewayRig::request("note cats");
    chat::ToolSpec note;
    note.name = "note";
    note.schema = RawJson::trusted(R"({"type":"object","properties":{}})");
    request.tools.push_back(note);
    auto job = rig.start({}, {}, std::move(request));
    GatewayRig::stream(
        rig.last_chat(),
        search_frames("cats") + call_frames("note", "tooluse_2", R"({"a":1})") + GatewayRig::tail());
    CHECK(rig.answer.tools.empty());
    rig.mcp().answer(200, found(kCats));
    CHECK(rig.answer.tools == std::vector<std::string>{R"(note({"a":1}))"});
    REQUIRE(rig.answer.ending);
    CHECK(rig.calls_to("generateAssistantResponse") == 1);
}

TEST_CASE("a search that fails is told to client and model, and the answer goes on") {
    SearchRig rig;
    auto job = rig.start();
    GatewayRig::stream(rig.last_chat(), search_frames("cats") + GatewayRig::tail());
    rig.mcp().answer(429, R"({"__type":"ThrottlingException","message":"slow down"})");
    REQUIRE(rig.answer.found.size() == 1);
    CHECK(rig.answer.found[0].error == chat::SearchError::too_many_requests);
    const auto body = rig.sent();
    CHECK(body.source().find("\"status\":\"error\"") != std::string::npos);
    GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame("Without.") + GatewayRig::tail());
    REQUIRE(rig.answer.ending);
    CHECK(rig.answer.ending->usage.web_searches == 0);
    CHECK(rig.pool.view()[0].state != account::State::needs_sign_in);
}

TEST_CASE("searches beyond max_uses are refused to the model, and the rounds end") {
    SearchRig rig;
    auto job = rig.start({.uses_max = 1});
    for (int round = 0; round < 3 && !rig.answer.ending; ++round) {
        GatewayRig::stream(rig.last_chat(), search_frames("cats") + GatewayRig::tail());
        if (round == 0) rig.mcp().answer(200, found(kCats));
    }
    REQUIRE(rig.answer.ending);
    CHECK(rig.answer.ending->reason == chat::StopReason::end_turn);
    CHECK(rig.calls_to("/mcp") == 1);
    CHECK(rig.calls_to("generateAssistantResponse") == 3);
    REQUIRE(rig.answer.found.size() == 3);
    CHECK(rig.answer.found[1].error == chat::SearchError::uses_exceeded);
}

TEST_CASE("pages outside of the allowed domains are not shown") {
    SearchRig rig;
    auto job = rig.start({.allowed = {"example.org"}});
    GatewayRig::stream(rig.last_chat(), search_frames("cats") + GatewayRig::tail());
    rig.mcp().answer(200, found(kCats + R"(,{"title":"X","url":"https://evil.example/","snippet":"x"})"));
    REQUIRE(rig.answer.found.size() == 1);
    CHECK(rig.answer.found[0].hits.size() == 1);
}

TEST_CASE("a client that leaves cancels the search and the rest") {
    SearchRig rig;
    auto job = rig.start();
    auto& chat = rig.last_chat();
    chat.head(200, kStream);
    chat.body(search_frames("cats"));
    CHECK(rig.fetcher.active() == 2);
    job->abandon();
    CHECK(rig.fetcher.active() == 0);
    job.reset();
    CHECK(rig.answer.endings == 0);
    CHECK(rig.stats.active == 0);
}

TEST_CASE("where searches are switched off the tool is left out, which a strict key only minds when forced") {
    for (const bool forced : {false, true}) {
        SearchRig rig;
        auto job = rig.start({.forced = forced}, {.strict = true, .web_search = false});
        if (forced) {
            REQUIRE(rig.answer.error);
            CHECK(rig.answer.error->kind == ErrorKind::unsupported);
            continue;
        }
        CHECK(rig.last_chat().request.body.view().find("web_search") == std::string_view::npos);
        GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame("ok") + GatewayRig::tail());
        REQUIRE(rig.answer.ending);
        REQUIRE(job->report().warnings.size() == 1);
        CHECK(job->report().warnings[0].find("web search") != std::string::npos);
    }
}

TEST_CASE("a forced search is forced in the first round only") {
    SearchRig rig;
    auto job = rig.start({.forced = true});
    GatewayRig::stream(rig.last_chat(), search_frames("cats") + GatewayRig::tail());
    rig.mcp().answer(200, found(""));
    REQUIRE(rig.answer.found.size() == 1);
    CHECK(rig.answer.found[0].hits.empty());
    CHECK(rig.answer.found[0].error == chat::SearchError::none);
    GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame("None.") + GatewayRig::tail());
    REQUIRE(rig.answer.ending);
}

TEST_CASE("a document that is demanded is the one of the last round, however many there were") {
    SearchRig rig;
    auto request = GatewayRig::request("As JSON.");
    request.json_only = true;
    request.json_field = "response_format";
    request.json_schema = RawJson::trusted(R"({"type":"object","required":["a"]})");
    auto job = rig.start({}, {}, std::move(request));
    GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame(R"({\"a\":0})") + search_frames("cats") +
                                            GatewayRig::text_frame(R"({\"a\":1})") + GatewayRig::tail());
    CHECK(rig.answer.text.empty());
    rig.mcp().answer(200, found(kCats));
    REQUIRE(rig.calls_to("generateAssistantResponse") == 2);
    // What does not fit is asked for again, in the round of its own.
    GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame(R"({\"b\":2})") + GatewayRig::tail());
    REQUIRE(rig.calls_to("generateAssistantResponse") == 3);
    CHECK(rig.answer.endings == 0);
    GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame(R"({\"a\":3})") + GatewayRig::tail());
    CHECK(rig.answer.text == R"({"a":3})");
    CHECK(rig.answer.searches.size() == 1);
    REQUIRE(rig.answer.ending);
    CHECK(rig.answer.ending->usage.credits == 0.75);
    CHECK(job->report().repairs == 1);
    CHECK(job->report().attempts == 3);
}

TEST_CASE("a call that is demanded may be a search, and is not demanded again behind it") {
    SearchRig rig;
    auto request = GatewayRig::request("note cats");
    chat::ToolSpec note;
    note.name = "note";
    note.schema = RawJson::trusted(R"({"type":"object","properties":{}})");
    request.tools.push_back(note);
    request.tool_choice.mode = chat::ToolChoice::Mode::any;
    auto job = rig.start({}, {}, std::move(request));
    GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame("No.") + GatewayRig::tail());
    CHECK(rig.answer.text.empty());
    REQUIRE(rig.calls_to("generateAssistantResponse") == 2);  // asked once more
    GatewayRig::stream(rig.last_chat(), search_frames("cats") + GatewayRig::tail());
    rig.mcp().answer(200, found(kCats));
    REQUIRE(rig.calls_to("generateAssistantResponse") == 3);
    GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame("They sleep.") + GatewayRig::tail());
    CHECK(rig.answer.text == "They sleep.");
    REQUIRE(rig.answer.ending);
    CHECK(rig.answer.ending->usage.credits == 0.75);
    CHECK(job->report().repairs == 1);
}

TEST_CASE("beside a call of a withdrawn tool a search is run, and the withdrawn call is not let through") {
    SearchRig rig;
    auto request = GatewayRig::request("note cats");
    request.tool_choice.limited = true;  // allowed_tools: the search alone
    auto job = rig.start({}, {}, std::move(request));
    GatewayRig::stream(rig.last_chat(), call_frames("note", "tooluse_2", R"({"a":1})") +
                                            search_frames("cats") + GatewayRig::tail());
    rig.mcp().answer(200, found(kCats));
    REQUIRE(rig.calls_to("generateAssistantResponse") == 2);
    GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame("ok") + GatewayRig::tail());
    CHECK(rig.answer.text == "ok");
    CHECK(rig.answer.tools.empty());
    CHECK(rig.answer.found.size() == 1);
    CHECK(job->report().repairs == 0);
}

TEST_CASE("what a prefill has begun is not said again in the first round, and later rounds have none") {
    SearchRig rig;
    auto request = GatewayRig::request("What of cats?");
    request.messages.push_back({chat::Role::assistant, {chat::Text{std::string("Cats are")}}});
    auto job = rig.start({}, {}, std::move(request));
    GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame("Cats are known. ") + search_frames("cats") +
                                            GatewayRig::tail());
    rig.mcp().answer(200, found(kCats));
    CHECK(rig.answer.text == " known. ");
    GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame("Cats are asleep.") + GatewayRig::tail());
    CHECK(rig.answer.text == " known. Cats are asleep.");
}

TEST_CASE("a tool of the client's that is demanded by name leaves no room for a search") {
    SearchRig rig;
    auto request = GatewayRig::request("note cats");
    chat::ToolSpec note;
    note.name = "note";
    note.schema = RawJson::trusted(R"({"type":"object","properties":{}})");
    request.tools.push_back(note);
    request.tool_choice.mode = chat::ToolChoice::Mode::named;
    request.tool_choice.name = "note";
    auto job = rig.start({}, {}, std::move(request));
    CHECK(rig.last_chat().request.body.view().find("web_search") == std::string_view::npos);
    GatewayRig::stream(rig.last_chat(), search_frames("cats") + GatewayRig::tail());
    CHECK(rig.calls_to("/mcp") == 0);
    REQUIRE(rig.calls_to("generateAssistantResponse") == 2);  // that call ran nowhere: asked once more
    GatewayRig::stream(rig.last_chat(), call_frames("note", "tooluse_2", R"({"a":1})") + GatewayRig::tail());
    CHECK(rig.answer.tools == std::vector<std::string>{R"(note({"a":1}))"});
    REQUIRE(rig.answer.ending);
}

TEST_CASE("a round that fails at once moves to another account, as any request does") {
    SearchRig rig;
    auto job = rig.start();
    GatewayRig::stream(rig.last_chat(), search_frames("cats") + GatewayRig::tail());
    rig.mcp().answer(200, found(kCats));
    rig.last_chat().answer(
        402,
        R"({"__type":"ServiceQuotaExceededException","message":"You have reached the limit.","reason":"MONTHLY_REQUEST_COUNT"})");
    CHECK(job->report().account_id == "a1");
    GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame("ok") + GatewayRig::tail());
    CHECK(rig.answer.text == "ok");
    CHECK_FALSE(rig.answer.error);
}
