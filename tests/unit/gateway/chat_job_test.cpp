#include "core/gateway/chat_job.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/gateway_rig.hpp"
#include "tests/support/kiro_refusals.hpp"

using namespace kg;
using test::GatewayRig;
using test::kBadToken;
using test::kMalformed;
using test::kQuota;
using test::kThrottled;
using test::kTooLong;
using test::RecordingAnswer;

TEST_CASE("a plain answer: events, one ending, usage and credits from upstream") {
    GatewayRig rig;
    RecordingAnswer answer;
    auto job = rig.job(answer, GatewayRig::request());
    job->start();
    GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame("Hello") + GatewayRig::tail());
    CHECK(answer.text == "Hello");
    CHECK(answer.endings == 1);
    REQUIRE(answer.ending);
    CHECK(answer.ending->usage.input_tokens == 10);
    CHECK(answer.ending->usage.output_tokens == 3);
    CHECK(answer.ending->usage.credits == 0.25);
    CHECK(answer.leaked == 0);
    CHECK(job->report().account_id == "a0");
    CHECK(rig.stats.active == 1);
    job.reset();
    CHECK(rig.stats.active == 0);
}

TEST_CASE(
    "E1: a throttled, an exhausted and a broken account are passed over without a word to the "
    "client") {
    GatewayRig rig(4);
    RecordingAnswer answer;
    auto job = rig.job(answer, GatewayRig::request());
    job->start();
    rig.last_chat().answer(429, kThrottled);
    rig.last_chat().answer(402, kQuota);
    CHECK(job->report().account_id == "a2");
    rig.last_chat().answer(403, R"({"message":"no"})");
    GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame("ok") + GatewayRig::tail());
    CHECK(answer.text == "ok");
    CHECK_FALSE(answer.error);
    CHECK(job->report().attempts == 4);
    CHECK(job->report().account_id == "a3");
}

TEST_CASE("the client's own mistake is told at once and costs no second account") {
    GatewayRig rig(3);
    RecordingAnswer answer;
    auto job = rig.job(answer, GatewayRig::request());
    job->start();
    rig.last_chat().answer(400, kMalformed);
    while (!answer.error && rig.fetcher.active() > 0) rig.last_chat().answer(400, kMalformed);
    rig.settle();
    REQUIRE(answer.error);
    CHECK(answer.error->kind == ErrorKind::upstream_rejected);
    CHECK(job->report().account_id == "a0");
    CHECK(rig.calls_to("generateAssistantResponse") <= 2);
}

TEST_CASE("A2: an input that upstream calls too long always gets its answer") {
    GatewayRig rig;
    RecordingAnswer answer;
    auto job = rig.job(answer, GatewayRig::request());
    job->start();
    rig.last_chat().answer(400, kTooLong);
    REQUIRE(answer.error);
    CHECK(answer.error->kind == ErrorKind::context_too_long);
    CHECK(rig.calls_to("generateAssistantResponse") == 1);
}

TEST_CASE("E2: a refused token is refreshed once, the rotated one is durable before it is used") {
    GatewayRig rig(1);
    RecordingAnswer answer;
    auto job = rig.job(answer, GatewayRig::request());
    job->start();
    rig.last_chat().answer(401, kBadToken);
    rig.settle();
    REQUIRE(rig.calls_to("refreshToken") == 1);
    rig.fetcher.last().answer(
        200, R"({"accessToken":"access-new","refreshToken":"refresh-new","expiresIn":3600})");
    CHECK(rig.calls_to("generateAssistantResponse") == 1);  // not yet stored: not yet used
    rig.settle();
    CHECK((*rig.stores->accounts().find("a0"))->refresh_token.reveal() == "refresh-new");
    REQUIRE(rig.calls_to("generateAssistantResponse") == 2);
    CHECK(rig.last_chat().has_header("authorization: Bearer access-new"));
    GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame("ok") + GatewayRig::tail());
    CHECK(answer.text == "ok");
}

TEST_CASE("E17: when upstream refuses every login the client's own key is not blamed") {
    GatewayRig rig(1);
    RecordingAnswer answer;
    auto job = rig.job(answer, GatewayRig::request());
    job->start();
    rig.last_chat().answer(401, kBadToken);
    rig.settle();
    rig.fetcher.last().answer(
        400, R"({"error":"invalid_grant","error_description":"Invalid refresh token provided"})");
    rig.settle();
    REQUIRE(answer.error);
    CHECK(answer.error->kind == ErrorKind::upstream_auth);
    CHECK(error_row(answer.error->kind).openai_status != 401);
    CHECK(rig.pool.view()[0].state == account::State::needs_sign_in);
}

TEST_CASE("E4: a hundred requests on an expired token make one refresh call") {
    GatewayRig rig(0);
    rig.add_account("a0", std::chrono::seconds(-5));
    rig.reload();
    std::vector<RecordingAnswer> answers(100);
    std::vector<std::unique_ptr<gateway::ChatJob>> jobs;
    for (auto& answer : answers) {
        jobs.push_back(rig.job(answer, GatewayRig::request()));
        jobs.back()->start();
    }
    rig.settle();
    CHECK(rig.calls_to("refreshToken") == 1);
    CHECK(rig.calls_to("generateAssistantResponse") == 0);  // E5: never an empty or dead bearer
    rig.fetcher.last().answer(200, R"({"accessToken":"access-new","expiresIn":3600})");
    rig.settle();
    CHECK(rig.calls_to("refreshToken") == 1);
    CHECK(rig.calls_to("generateAssistantResponse") == 100);
    CHECK((*rig.stores->accounts().find("a0"))->refresh_token.reveal() ==
          "refresh-a0");  // 51: the old one stays
}

TEST_CASE("A1: destroying the job cancels upstream, gives back the account and blames nobody") {
    GatewayRig rig(1);
    RecordingAnswer answer;
    auto job = rig.job(answer, GatewayRig::request());
    job->start();
    auto& call = rig.last_chat();
    call.head(200, {{"content-type", "application/vnd.amazon.eventstream"}});
    call.body(GatewayRig::text_frame("Hel"));
    job.reset();
    CHECK(call.cancelled);
    CHECK(rig.fetcher.count() == 1);
    CHECK(answer.endings == 0);
    CHECK(rig.pool.view()[0].in_flight == 0);
    CHECK(rig.pool.view()[0].health == 80);
}

TEST_CASE("A3, 8: after the first event a failure is told, never retried, never called finished") {
    GatewayRig rig;
    RecordingAnswer answer;
    auto job = rig.job(answer, GatewayRig::request());
    job->start();
    auto& call = rig.last_chat();
    call.head(200, {{"content-type", "application/vnd.amazon.eventstream"}});
    call.body(GatewayRig::text_frame("Hel"));
    SECTION("exception frame") {
        call.body(kiro::exception_frame("ThrottlingException", R"({"message":"slow","reason":null})"));
        call.done();
    }
    SECTION("cut in the middle of a frame") {
        call.body(GatewayRig::text_frame("lo").substr(0, 40));
        call.done();
    }
    SECTION("connection lost") {
        call.fail(fetch::FailureKind::reset);
    }
    SECTION("damaged frame") {
        auto frame = GatewayRig::text_frame("lo");
        frame[frame.size() - 6] ^= 1;
        call.body(frame);
        call.done();
    }
    CHECK(answer.text == "Hel");
    CHECK(answer.endings == 1);
    CHECK(answer.error);
    CHECK(rig.fetcher.count() == 1);
}

TEST_CASE(
    "7: an exception before the first event is an error like any other: the next account is "
    "asked") {
    GatewayRig rig;
    RecordingAnswer answer;
    auto job = rig.job(answer, GatewayRig::request());
    job->start();
    GatewayRig::stream(rig.last_chat(),
                       kiro::exception_frame("ThrottlingException",
                                             R"({"message":"x","reason":"USER_REQUEST_RATE_EXCEEDED"})"));
    REQUIRE(rig.fetcher.count() == 2);
    GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame("ok") + GatewayRig::tail());
    CHECK(answer.text == "ok");
}

TEST_CASE("an answer that its client has not seen is begun again, one that it has seen is not") {
    for (const bool forgets : {true, false}) {
        GatewayRig rig;
        RecordingAnswer answer;
        answer.forgets = forgets;
        auto request = GatewayRig::request();
        request.stop_sequences = {"END"};
        const auto job = rig.job(answer, std::move(request));
        job->start();
        GatewayRig::stream(rig.last_chat(),
                           GatewayRig::text_frame("half E") +
                               kiro::exception_frame("ThrottlingException", R"({"message":"slow"})"));
        if (!forgets) {
            CHECK(answer.error);
            CHECK(rig.calls_to("generateAssistantResponse") == 1);
            continue;
        }
        REQUIRE(rig.calls_to("generateAssistantResponse") == 2);
        GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame("ND whole") + GatewayRig::tail());
        CHECK(answer.text == "ND whole");
        CHECK(answer.endings == 1);
        REQUIRE(answer.ending);
        CHECK(answer.ending->reason == chat::StopReason::end_turn);
        CHECK(job->report().account_id == "a1");
    }
}
