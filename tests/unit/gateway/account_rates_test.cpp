// ChatJob and the limits of an account a minute.
#include "core/gateway/chat_job.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gateway_rig.hpp"

using namespace kg;
using namespace std::chrono_literals;
using test::GatewayRig;
using test::RecordingAnswer;

namespace {

struct Client {
    explicit Client(GatewayRig& rig) : job(rig.job(answer, GatewayRig::request())) { job->start(); }
    RecordingAnswer answer;
    std::unique_ptr<gateway::ChatJob> job;
};

std::int64_t requests_left(const GatewayRig& rig) {
    return rig.pool.view()[0].requests->available;
}
std::int64_t tokens_left(const GatewayRig& rig) {
    return rig.pool.view()[0].tokens->available;
}

void answer_last(GatewayRig& rig) {
    GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame("ok") + GatewayRig::tail());
}

}  // namespace

TEST_CASE("a request takes one from the account's bucket for each call, and what its answer used") {
    GatewayRig rig(1);
    rig.pool.configure({.requests = {60, 10}, .tokens_per_minute = 1'000});
    Client client(rig);
    CHECK(requests_left(rig) == 9);
    CHECK(tokens_left(rig) < 1'000);  // the prompt, as estimated
    answer_last(rig);
    REQUIRE(client.answer.ending);
    CHECK(requests_left(rig) == 9);
    CHECK(tokens_left(rig) == 1'000 - 13);
}

TEST_CASE("a call that upstream refused costs a request and no tokens, and another account is next") {
    GatewayRig rig(2);
    rig.pool.configure({.requests = {60, 10}, .tokens_per_minute = 1'000});
    Client client(rig);
    rig.last_chat().answer(429, R"({"__type":"ThrottlingException","message":"no","reason":null})");
    rig.settle();
    CHECK(requests_left(rig) == 9);
    CHECK(tokens_left(rig) == 1'000);
    CHECK(rig.pool.view()[1].requests->available == 9);
    answer_last(rig);
    CHECK(client.answer.text == "ok");
}

TEST_CASE("a client that leaves an answer has used what came of it") {
    GatewayRig rig(1);
    rig.pool.configure({.tokens_per_minute = 1'000});
    Client client(rig);
    rig.last_chat().head(200, {{"content-type", "application/vnd.amazon.eventstream"}});
    rig.last_chat().body(GatewayRig::text_frame("a text of some length"));
    client.job->abandon();
    client.job.reset();
    CHECK(tokens_left(rig) < 1'000);
    CHECK(rig.pool.view()[0].in_flight == 0);
}

TEST_CASE("a request that no account can take in time is told when one can, at once") {
    GatewayRig rig(1);
    rig.pool.configure({.requests = {1, 1}});
    Client first(rig);
    answer_last(rig);
    Client second(rig);
    REQUIRE(second.answer.error);  // 30 s are less than the minute it would have to wait
    CHECK(second.answer.error->kind == ErrorKind::no_account);
    CHECK(second.answer.error->retry_after == 60s);
    rig.clock.advance(31s);
    Client third(rig);
    CHECK_FALSE(third.answer.error);
    CHECK(rig.pool.waiting() == 1);
    rig.clock.advance(29s);
    rig.pool.tick();
    rig.settle();
    answer_last(rig);
    CHECK(third.answer.text == "ok");
}
