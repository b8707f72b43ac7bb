// ChatJob and the pool's rules: caps, the queue, sticky conversations, circuits of endpoints.
#include "core/gateway/chat_job.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gateway_rig.hpp"

using namespace kg;
using namespace std::chrono_literals;
using account::Circuit;
using kiro::Generation;
using test::GatewayRig;
using test::RecordingAnswer;

namespace {

const std::string kMalformed =
    R"({"__type":"com.amazon.aws.codewhisperer#ValidationException","message":"Improperly formed request.","reason":null})";

void break_endpoint(GatewayRig& rig, Generation generation) {
    for (int i = 0; i < 20; ++i) rig.pool.endpoints().admit(generation, "us-east-1").failed();
}

struct Client {
    explicit Client(GatewayRig& rig, chat::Request request = GatewayRig::request())
        : job(rig.job(answer, std::move(request))) {
        job->start();
    }
    RecordingAnswer answer;
    std::unique_ptr<gateway::ChatJob> job;
};

void answer_last(GatewayRig& rig) {
    GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame("ok") + GatewayRig::tail());
}

}  // namespace

TEST_CASE("E9: a request over the account's cap waits for its turn") {
    GatewayRig rig(1);
    rig.pool.configure({.concurrency_max = 1});
    Client first(rig), second(rig), third(rig);
    rig.settle();
    CHECK(rig.calls_to("generateAssistantResponse") == 1);
    CHECK(rig.pool.waiting() == 2);
    answer_last(rig);
    CHECK(first.answer.text == "ok");
    rig.settle();
    CHECK(rig.calls_to("generateAssistantResponse") == 2);
    SECTION("in the order of arrival") {
        answer_last(rig);
        rig.settle();
        CHECK(second.answer.text == "ok");
        answer_last(rig);
        CHECK(third.answer.text == "ok");
    }
    SECTION("unless its client leaves") {
        third.job.reset();
        CHECK(rig.pool.waiting() == 0);
        second.job.reset();
        rig.settle();
        CHECK(rig.pool.view()[0].in_flight == 0);
    }
}

TEST_CASE("E9: a request that was granted an account just as its client left gives it to the next") {
    GatewayRig rig(1);
    rig.pool.configure({.concurrency_max = 1});
    Client first(rig), second(rig), third(rig);
    answer_last(rig);  // the account is on its way to the second
    second.job.reset();
    rig.settle();
    CHECK(rig.calls_to("generateAssistantResponse") == 2);
    answer_last(rig);
    CHECK(third.answer.text == "ok");
}

TEST_CASE("E9: waiting ends with the time for it, or at once when too many wait") {
    GatewayRig rig(1);
    rig.pool.configure({.concurrency_max = 1, .queue_max = 1});
    gateway::Settings settings;
    settings.queue_timeout = 1ms;
    rig.settings.set(settings);
    Client first(rig), second(rig), third(rig);
    REQUIRE(third.answer.error);
    CHECK(third.answer.error->kind == ErrorKind::overloaded);
    CHECK(third.answer.error->retry_after);
    loop::Timer enough(rig.loop, [&] { rig.loop.stop(); });
    enough.start(20ms);
    rig.loop.run();
    REQUIRE(second.answer.error);
    CHECK(second.answer.error->kind == ErrorKind::overloaded);
    CHECK(second.answer.endings == 1);
    CHECK(rig.pool.waiting() == 0);
    answer_last(rig);
    CHECK(first.answer.text == "ok");
}

TEST_CASE("E10: the turns of a conversation go to one account, those of another tenant need not") {
    GatewayRig rig(4);
    const auto accounts = rig.stores->accounts().list();
    for (const auto& account : *accounts)
        REQUIRE(rig.stores->accounts().update(account.id, [](auto& a) { return a.priority = 0, true; }));
    rig.reload();
    rig.pool.configure({.sticky_ttl = 10min});
    std::string home;
    for (int turn = 0; turn < 5; ++turn) {
        rig.clock.advance(1min);
        auto request = GatewayRig::request("the same start");
        for (int i = 0; i < turn; ++i) {
            request.messages.push_back({chat::Role::assistant, {chat::Text{"answer"}}});
            request.messages.push_back({chat::Role::user, {chat::Text{"turn " + std::to_string(i)}}});
        }
        Client talk(rig, std::move(request));
        answer_last(rig);
        Client other(rig, GatewayRig::request("another " + std::to_string(turn)));
        answer_last(rig);
        if (turn == 0) home = talk.job->report().account_id;
        CHECK(talk.job->report().account_id == home);
        CHECK(other.job->report().account_id != home);
    }
    RecordingAnswer answer;
    gateway::JobPermissions tenant;
    tenant.tenant_scope = "key_other";
    gateway::ChatJob job(rig.service, GatewayRig::request("the same start"), std::move(tenant), answer);
    job.start();
    CHECK(job.report().account_id != home);
}

TEST_CASE("F1: a hundred bad requests of one client close nothing for the others") {
    GatewayRig rig(1);
    for (int i = 0; i < 100; ++i) {
        Client bad(rig);
        while (!bad.answer.error) rig.last_chat().answer(400, kMalformed);
    }
    for (const auto& endpoint : rig.pool.endpoints().view()) CHECK(endpoint.circuit == Circuit::closed);
    CHECK(rig.pool.view()[0].circuit == Circuit::closed);
    Client good(rig);
    answer_last(rig);
    CHECK(good.answer.text == "ok");
}

TEST_CASE("F2: an endpoint whose circuit is open is passed over, and asked again by a few probes") {
    GatewayRig rig(1);
    break_endpoint(rig, Generation::runtime);
    {
        Client client(rig);
        CHECK(rig.last_chat().request.url.find("https://q.") == 0);
        answer_last(rig);
        CHECK(client.answer.text == "ok");
    }
    rig.clock.advance(12s);
    Client one(rig), two(rig), three(rig);
    CHECK(rig.last_chat().request.url.find("https://q.") == 0);  // two probes are enough
    answer_last(rig);
    CHECK(three.answer.text == "ok");
    GatewayRig::stream(rig.fetcher.call(rig.fetcher.count() - 2), GatewayRig::text_frame("ok"));
    GatewayRig::stream(rig.fetcher.call(rig.fetcher.count() - 3), GatewayRig::text_frame("ok"));
    CHECK(rig.pool.endpoints().view()[0].circuit == Circuit::half_open);
    Client four(rig);
    answer_last(rig);
    CHECK(rig.pool.endpoints().view()[0].circuit == Circuit::closed);
}

TEST_CASE("F1: when every endpoint is failing the answer is 503 at once, with the time to come back") {
    GatewayRig rig(2);
    break_endpoint(rig, Generation::runtime);
    break_endpoint(rig, Generation::q);
    Client client(rig);
    REQUIRE(client.answer.error);
    CHECK(client.answer.error->kind == ErrorKind::upstream_overloaded);
    REQUIRE(client.answer.error->retry_after);
    CHECK(*client.answer.error->retry_after >= 8s);
    CHECK(*client.answer.error->retry_after <= 12s);
    CHECK(rig.calls_to("generateAssistantResponse") == 0);
    for (const auto& view : rig.pool.view()) CHECK(view.in_flight == 0);
}
