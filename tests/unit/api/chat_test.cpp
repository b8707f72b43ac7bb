// The chat routes: what a key is charged however its request ends, and the first moments of a stream.
#include "tests/unit/api/rig.hpp"

using namespace kg;
using namespace std::chrono_literals;
using test::ApiRig;
using test::GatewayRig;

namespace {

/// A request of a key with a budget, up to the middle of its answer.
struct Running {
    explicit Running(bool stream, gateway::Settings settings = {}) {
        rig.gateway.settings.set(settings);
        auto key = ApiRig::key();
        key.token_limit = 1'000'000;
        key.streams_max = 1;
        rig.access.load({key});
        exchange = rig.exchange(rig.route(http::Method::post, "/v1/chat/completions"));
        const std::string body = std::string(R"({"model":"claude-sonnet-4-5","stream":)") +
                                 (stream ? "true" : "false") +
                                 R"(,"messages":[{"role":"user","content":"Tell me a long story."}]})";
        handler = rig.play(*exchange, rig.route(http::Method::post, "/v1/chat/completions"), body);
        rig.gateway.last_chat().head(200, {{"content-type", "application/vnd.amazon.eventstream"}});
        say(std::string(400, 'x'));
    }
    void say(const std::string& text) {
        auto& call = rig.gateway.last_chat();
        call.body(GatewayRig::text_frame(text));
        call.batch();
    }
    access::KeyUsage usage() {
        return rig.access.usage(*rig.access.authenticate(ApiRig::kKey, *IpAddress::parse("192.0.2.1")));
    }
    store::RequestRecord record() {
        rig.gateway.async.write_pending();
        rig.gateway.settle();
        const auto records = rig.gateway.stores->usage().recent(10);
        REQUIRE(records);
        REQUIRE(records->size() == 1);
        return records->front();
    }

    ApiRig rig;
    std::unique_ptr<test::RecordingExchange> exchange;
    std::unique_ptr<httpd::Handler> handler;
};

void check_charged(Running& run, std::int64_t status) {
    const auto record = run.record();
    CHECK(record.status == status);
    CHECK(record.output_tokens == 100);
    CHECK(record.input_tokens > 5);
    CHECK(record.account_id == "a0");
    const auto usage = run.usage();
    CHECK(usage.tokens == record.input_tokens + record.output_tokens);
    CHECK(usage.streams == 0);
    CHECK(run.rig.gateway.pool.view()[0].in_flight == 0);
    CHECK(run.rig.gateway.fetcher.active() == 0);
}

}  // namespace

TEST_CASE("a client that leaves in the middle of its answer is charged for what it got") {
    for (const bool stream : {true, false}) {
        Running run(stream);
        CHECK(run.usage().streams == 1);
        run.handler.reset();
        check_charged(run, 499);
    }
}

TEST_CASE("an answer that the shutdown cuts is charged for what there was of it") {
    for (const bool stream : {true, false}) {
        Running run(stream);
        REQUIRE(run.rig.context.in_progress.size() == 1);
        (*run.rig.context.in_progress.begin())->cut();
        check_charged(run, stream ? 200 : 503);
    }
}

TEST_CASE("an answer that is too large to be held is charged all the same") {
    gateway::Settings settings;
    settings.answer_max_bytes = 100;
    Running run(false, settings);
    CHECK(run.exchange->answers == 1);
    check_charged(run, 503);
}

TEST_CASE("what was held back is sent at once when the answer goes on") {
    gateway::Settings settings;
    settings.hold_back = 60s;
    Running run(true, settings);
    CHECK(run.exchange->answers == 0);
    run.say("and so on");
    CHECK(run.exchange->answers == 1);
    CHECK(run.exchange->answer.body.find("and so on") != std::string::npos);
    CHECK(run.exchange->written == run.exchange->answer.body.size());
}
