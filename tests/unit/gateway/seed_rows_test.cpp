// Rows of the list of what must not go wrong, those that show below the HTTP server.
#include "core/gateway/chat_job.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gateway_rig.hpp"

using namespace kg;
using namespace std::chrono_literals;
using test::GatewayRig;
using test::RecordingAnswer;

namespace {

chat::Request with_tool(const std::string& schema) {
    auto request = GatewayRig::request();
    request.tools = {{"lookup", "same length", RawJson::trusted(schema)}};
    return request;
}

}  // namespace

TEST_CASE("A11: each deadline of a transfer is its own setting") {
    GatewayRig rig;
    rig.upstream.connect_timeout = 11s;
    rig.upstream.first_event_timeout = 22s;
    rig.upstream.idle_timeout = 33s;
    rig.upstream.total_timeout = 44s;
    RecordingAnswer answer;
    auto job = rig.job(answer, GatewayRig::request());
    job->start();
    const auto& sent = rig.last_chat().request;
    CHECK(sent.connect_timeout == 11s);
    CHECK(sent.first_byte_timeout == 22s);
    CHECK(sent.idle_timeout == 33s);
    CHECK(sent.total_timeout == 44s);
}

TEST_CASE("A11: each deadline ends in its own error, told once") {
    const auto kind_after = [](fetch::FailureKind failure, bool said_something) {
        GatewayRig rig(1);
        RecordingAnswer answer;
        auto job = rig.job(answer, GatewayRig::request());
        job->start();
        if (said_something) {
            rig.last_chat().head(200, {{"content-type", "application/vnd.amazon.eventstream"}});
            rig.last_chat().body(GatewayRig::text_frame("x"));
        }
        for (int i = 0; i < 20 && !answer.error; ++i) {
            if (rig.fetcher.active() > 0) rig.last_chat().fail(failure);
            rig.loop.run_once(rig.fetcher.active() == 0 && !answer.error);
        }
        REQUIRE(answer.endings == 1);
        return answer.error->kind;
    };
    CHECK(kind_after(fetch::FailureKind::idle_timeout, true) == ErrorKind::upstream_timeout);
    CHECK(kind_after(fetch::FailureKind::total_timeout, true) == ErrorKind::upstream_timeout);
    CHECK(kind_after(fetch::FailureKind::first_byte_timeout, false) == ErrorKind::upstream_timeout);
}

TEST_CASE("B5: the same tool name and description with another schema sends the other schema") {
    GatewayRig rig;
    for (const std::string property : {"alpha", "omega"}) {
        RecordingAnswer answer;
        auto job = rig.job(
            answer, with_tool(R"({"type":"object","properties":{")" + property + R"(":{"type":"string"}}})"));
        job->start();
        CHECK(rig.last_chat().request.body.view().find(property) != std::string::npos);
    }
    CHECK(rig.last_chat().request.body.view().find("alpha") == std::string::npos);
}

TEST_CASE("B13: the same session of two keys is two conversations upstream") {
    GatewayRig rig;
    std::vector<std::string> bodies;
    for (const std::string scope : {"key_one", "key_two", "key_one"}) {
        RecordingAnswer answer;
        auto request = GatewayRig::request();
        request.session = "the same user";
        gateway::JobPermissions permissions;
        permissions.tenant_scope = scope;
        gateway::ChatJob job(rig.service, std::move(request), std::move(permissions), answer);
        job.start();
        bodies.emplace_back(rig.last_chat().request.body.view());
    }
    CHECK(bodies[0] != bodies[1]);
    CHECK(bodies[0] == bodies[2]);
}

TEST_CASE("B14: upstream's words never reach the client") {
    GatewayRig rig(1);
    RecordingAnswer answer;
    auto job = rig.job(answer, GatewayRig::request());
    job->start();
    rig.last_chat().answer(
        400, R"({"message":"secret-detail arn:aws:codewhisperer:us-east-1:1:profile/X","reason":null})");
    while (!answer.error && rig.fetcher.active() > 0)
        rig.last_chat().answer(400, R"({"message":"secret-detail","reason":null})");
    REQUIRE(answer.error);
    CHECK(answer.error->message.find("secret-detail") == std::string::npos);
    CHECK_FALSE(answer.error->message.empty());
}

TEST_CASE(
    "D11: history is never cut behind the client's back: a refused request stays refused or says "
    "what changed") {
    GatewayRig rig(1);
    RecordingAnswer answer;
    auto request = GatewayRig::request();
    request.messages.push_back({chat::Role::assistant, {chat::ToolUse{"t1", "f", RawJson::trusted("{}")}}});
    request.messages.push_back(
        {chat::Role::user, {chat::ToolResult{"t1", {chat::Text{"result-text"}}, false}}});
    request.tools = {{"f", "d", RawJson::trusted(R"({"type":"object","properties":{}})")}};
    auto job = rig.job(answer, std::move(request));
    job->start();
    while (!answer.error && rig.fetcher.active() > 0) {
        CHECK(rig.last_chat().request.body.view().find("result-text") != std::string::npos);
        rig.last_chat().answer(400, R"({"message":"Improperly formed request.","reason":null})");
    }
    CHECK(answer.error);
}

TEST_CASE("D15: the model list is a union over accounts, kept when they stop answering") {
    GatewayRig rig(2);
    CHECK_FALSE(rig.catalog.current()->live);
    CHECK_FALSE(rig.catalog.current()->models.empty());
    rig.catalog.poll();
    rig.settle();
    REQUIRE(rig.fetcher.count() == 2);
    rig.fetcher.call(0).answer(200, R"({"models":[{"modelId":"claude-haiku-4.5"}]})",
                               {{"content-type", "application/json"}});
    rig.fetcher.call(1).answer(200, R"({"models":[{"modelId":"claude-opus-4.5"}]})",
                               {{"content-type", "application/json"}});
    rig.settle();
    auto list = rig.catalog.current();
    CHECK(list->live);
    REQUIRE(list->models.size() == 2);
    rig.clock.advance(10min);
    rig.catalog.poll();
    rig.settle();
    for (std::size_t i = 2; i < rig.fetcher.count(); ++i)
        rig.fetcher.call(i).fail(fetch::FailureKind::connect);
    rig.settle();
    for (std::size_t i = 4; i < rig.fetcher.count(); ++i)
        rig.fetcher.call(i).fail(fetch::FailureKind::connect);
    rig.settle();
    CHECK(rig.catalog.current()->models.size() == 2);
}

TEST_CASE("E5: a first refresh that failed is tried again, no request goes out with an empty token") {
    GatewayRig rig(0);
    rig.add_account("a0", -5s);
    REQUIRE(rig.stores->accounts().update("a0",
                                          [](store::Account& a) { return a.access_token = Secret(), true; }));
    rig.reload();
    for (int round = 0; round < 2; ++round) {
        RecordingAnswer answer;
        auto job = rig.job(answer, GatewayRig::request());
        job->start();
        rig.settle();
        REQUIRE(rig.fetcher.active() == 1);
        CHECK(rig.calls_to("generateAssistantResponse") == 0);
        if (round == 0) {
            rig.fetcher.last().answer(429, "{}");
            rig.settle();
            REQUIRE(answer.error);
            CHECK(answer.error->kind == ErrorKind::upstream_failed);
            rig.clock.advance(5min);
        } else {
            rig.fetcher.last().answer(200, R"({"accessToken":"access-new","expiresIn":3600})");
            rig.settle();
            CHECK(rig.last_chat().has_header("authorization: Bearer access-new"));
        }
    }
}

TEST_CASE("E11: the account's regions reach both planes, and the profile of a refresh is kept") {
    GatewayRig rig(0);
    rig.add_account("a0", -5s);
    REQUIRE(rig.stores->accounts().update("a0", [](store::Account& a) {
        a.auth_method = "idc";
        a.provider = "Enterprise";
        a.client_id = "cid";
        a.client_secret = Secret("cs");
        a.auth_region = "eu-west-1";
        a.api_region = "eu-central-1";
        a.profile_arn = "arn:aws:codewhisperer:eu-central-1:111122223333:profile/ABCDEFGHIJKL";
        return true;
    }));
    rig.reload();
    RecordingAnswer answer;
    auto job = rig.job(answer, GatewayRig::request());
    job->start();
    rig.settle();
    REQUIRE(rig.fetcher.active() == 1);
    CHECK(rig.fetcher.last().request.url.find("oidc.eu-west-1.amazonaws.com") != std::string::npos);
    rig.fetcher.last().answer(
        200, R"({"accessToken":"access-new","refreshToken":"r2","tokenType":"Bearer","expiresIn":3600})");
    rig.settle();
    CHECK(rig.last_chat().request.url.find("eu-central-1") != std::string::npos);
    CHECK(rig.last_chat().request.body.view().find("profile/ABCDEFGHIJKL") != std::string::npos);
}

TEST_CASE("K2: a retry on another account reuses the encoded request") {
    GatewayRig rig(2);
    RecordingAnswer answer;
    auto job = rig.job(answer, GatewayRig::request());
    job->start();
    const std::string first(rig.last_chat().request.body.view());
    rig.last_chat().answer(429, "{}");
    CHECK(rig.calls_to("generateAssistantResponse") == 2);
    CHECK(rig.last_chat().request.body == first);
}
