#include "core/gateway/chat_job.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/gateway_rig.hpp"
#include "tests/support/kiro_refusals.hpp"

using namespace kg;
using test::GatewayRig;
using test::kThrottled;
using test::RecordingAnswer;

TEST_CASE("C17: a stop sequence cuts the text before it, cancels upstream and is named") {
    GatewayRig rig;
    RecordingAnswer answer;
    auto request = GatewayRig::request();
    request.stop_sequences = {"END"};
    auto job = rig.job(answer, std::move(request));
    job->start();
    auto& call = rig.last_chat();
    call.head(200, {{"content-type", "application/vnd.amazon.eventstream"}});
    call.body(GatewayRig::text_frame("one E"));
    CHECK(answer.text == "one ");
    call.body(GatewayRig::text_frame("ND two"));
    CHECK(answer.text == "one ");
    REQUIRE(answer.ending);
    CHECK(answer.ending->reason == chat::StopReason::stop_sequence);
    CHECK(answer.ending->stop_sequence == "END");
    CHECK(call.cancelled);
}

TEST_CASE("a held-back beginning of a stop sequence is released at the end") {
    GatewayRig rig;
    RecordingAnswer answer;
    auto request = GatewayRig::request();
    request.stop_sequences = {"END"};
    auto job = rig.job(answer, std::move(request));
    job->start();
    GatewayRig::stream(rig.last_chat(),
                       GatewayRig::text_frame("the E") + GatewayRig::text_frame("N") + GatewayRig::tail());
    CHECK(answer.text == "the EN");
    CHECK(answer.ending->reason == chat::StopReason::end_turn);
}

TEST_CASE("max_tokens cuts on a character boundary with its own stop reason, 0 asks nobody") {
    GatewayRig rig;
    RecordingAnswer answer, none;
    auto request = GatewayRig::request();
    request.max_tokens = 3;
    auto job = rig.job(answer, request);
    job->start();
    GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame(std::string(400, 'x')) + GatewayRig::tail());
    REQUIRE(answer.ending);
    CHECK(answer.ending->reason == chat::StopReason::max_tokens);
    CHECK(answer.text.size() <= 12);
    CHECK_FALSE(answer.text.empty());
    request.max_tokens = 0;
    const auto calls = rig.fetcher.count();
    auto empty = rig.job(none, request);
    empty->start();
    CHECK(none.ending->reason == chat::StopReason::max_tokens);
    CHECK(rig.fetcher.count() == calls);
}

TEST_CASE("D1: an unknown model is refused before any account is asked") {
    GatewayRig rig;
    RecordingAnswer answer;
    auto request = GatewayRig::request();
    request.model = "claude-sonnet-99";
    auto job = rig.job(answer, std::move(request));
    job->start();
    REQUIRE(answer.error);
    CHECK(answer.error->kind == ErrorKind::model_not_found);
    CHECK(rig.fetcher.count() == 0);
}

TEST_CASE("B4: the model is checked after the alias is resolved") {
    GatewayRig rig;
    rig.settings.set({.aliases = {{"fast", "claude-haiku-4.5"}}});
    const auto run = [&](std::string model, const std::string& only) {
        RecordingAnswer answer;
        auto request = GatewayRig::request();
        request.model = std::move(model);
        gateway::JobPermissions permissions;
        permissions.may_use_model = [only](std::string_view wire, std::string_view) { return wire == only; };
        gateway::ChatJob job(rig.service, std::move(request), std::move(permissions), answer);
        job.start();
        return answer.error ? std::string(error_name(answer.error->kind)) : "asked";
    };
    CHECK(run("fast", "claude-haiku-4.5") == "asked");
    CHECK(run("fast", "claude-opus-4.5") == "model_not_allowed");
}

TEST_CASE("B1, B2: tenants with a common prefix use their own login and never the pool's") {
    GatewayRig rig(1);
    const std::string prefix(60, 'p');
    std::vector<std::string> bearers;
    for (const std::string name : {"one", "two"}) {
        RecordingAnswer answer;
        gateway::JobPermissions permissions;
        permissions.tenant_refresh_token = Secret(prefix + name);
        gateway::ChatJob job(rig.service, GatewayRig::request(), std::move(permissions), answer);
        job.start();
        rig.settle();
        CHECK(rig.fetcher.last().request.body.view().find(prefix + name) != std::string::npos);
        rig.fetcher.last().answer(200, R"({"accessToken":"access-)" + name + R"(","expiresIn":3600})");
        rig.settle();
        bearers.push_back(rig.last_chat().header("authorization"));
    }
    CHECK(bearers == std::vector<std::string>{"Bearer access-one", "Bearer access-two"});
    CHECK(rig.stores->accounts().list()->size() == 1);
    CHECK(rig.pool.view().size() == 1);
}

TEST_CASE("B3: ten thousand invented tokens leave the pool alone and make few refresh calls") {
    GatewayRig rig(1);
    RecordingAnswer answer;
    for (int i = 0; i < 10'000; ++i) {
        rig.tenants.ensure(Secret("invented" + std::to_string(i)), account::TokenKeeper::kAny,
                           rig.wakeup.door(), [](auto) {});
    }
    rig.settle();
    CHECK(rig.calls_to("refreshToken") <= 60);
    CHECK(rig.pool.view().size() == 1);
}

TEST_CASE("a refused tenant login is not tried again at once") {
    GatewayRig rig(0);
    for (int i = 0; i < 3; ++i) {
        rig.tenants.ensure(Secret("dead-token"), account::TokenKeeper::kAny, rig.wakeup.door(), [](auto) {});
        rig.settle();
        if (rig.fetcher.active() > 0) rig.fetcher.last().answer(401, "{}");
        rig.settle();
    }
    CHECK(rig.calls_to("refreshToken") == 1);
}

TEST_CASE("B3: invented tokens do not push the logins of others out") {
    GatewayRig rig(0);
    account::TenantCache cache(rig.loop, rig.fetcher, rig.clock, rig.random, rig.upstream,
                               {.entries_max = 4, .new_per_minute = 1'000});
    int granted = 0, refused = 0;
    const auto ask = [&](const std::string& token) {
        cache.ensure(Secret(token), account::TokenKeeper::kAny, rig.wakeup.door(),
                     [&](Result<account::FreshToken> fresh) { ++(fresh ? granted : refused); });
        rig.settle();
    };
    ask("honest");
    rig.fetcher.last().answer(200, R"({"accessToken":"a","refreshToken":"rotated","expiresIn":3600})");
    rig.settle();
    REQUIRE(granted == 1);
    for (int i = 0; i < 50; ++i) {
        ask("invented" + std::to_string(i));
        rig.fetcher.last().answer(401, "{}");
        rig.settle();
    }
    CHECK(refused == 50);
    const auto calls = rig.fetcher.count();
    ask("honest");
    CHECK(granted == 2);  // its first token is worth nothing any more: upstream rotated it
    CHECK(rig.fetcher.count() == calls);
    // A refusal is remembered for its time, and only for that.
    ask("invented49");
    CHECK(rig.fetcher.count() == calls);
    CHECK(refused == 51);
    rig.clock.advance(std::chrono::minutes(11));
    ask("invented49");
    CHECK(rig.fetcher.count() == calls + 1);
}

TEST_CASE("an answer that was cut short is charged what such answers cost") {
    GatewayRig rig;
    const auto run = [&](chat::Request request, auto play) {
        RecordingAnswer answer;
        auto job = rig.job(answer, std::move(request));
        job->start();
        auto& call = rig.last_chat();
        call.head(200, {{"content-type", "application/vnd.amazon.eventstream"}});
        play(call);
        job->abandon();
        CHECK(call.alive() == false);
        return job->report().usage;
    };
    const std::string long_text(4'000, 'x');
    auto stopped = GatewayRig::request();
    stopped.stop_sequences = {"END"};
    const auto stop = [&](auto& call) { call.body(GatewayRig::text_frame(long_text + "END")); };
    CHECK(run(stopped, stop).credits == 0);  // nothing is known of the model
    const auto whole = run(GatewayRig::request(), [&](auto& call) {
        call.body(GatewayRig::text_frame(long_text) + GatewayRig::tail());
        call.done();
    });
    CHECK(whole.credits == 0.25);  // for 10 tokens in and 3 out
    CHECK(run(stopped, stop).credits > 10);
    auto limited = GatewayRig::request();
    limited.max_tokens = 500;
    const auto short_one = run(limited, [&](auto& call) { call.body(GatewayRig::text_frame(long_text)); });
    CHECK(short_one.credits > 5);
    const auto left =
        run(GatewayRig::request(), [&](auto& call) { call.body(GatewayRig::text_frame(long_text)); });
    CHECK(left.output_tokens == 1'000);
    CHECK(left.credits > 10);
    // Nothing came: nothing is charged.
    const auto silent = run(GatewayRig::request(), [](auto&) {});
    CHECK(silent.credits == 0);
    CHECK(silent.input_tokens + silent.output_tokens == 0);
}

TEST_CASE("E1: when the last account fails the client is told when one will be back") {
    for (const auto& [status, body, kind, back] :
         {std::tuple(429, test::kThrottled, ErrorKind::upstream_throttled, std::chrono::seconds(8)),
          std::tuple(402, test::kQuota, ErrorKind::accounts_exhausted, std::chrono::seconds(86'400 * 31))}) {
        GatewayRig rig(1);
        RecordingAnswer answer;
        auto job = rig.job(answer, GatewayRig::request());
        job->start();
        rig.last_chat().answer(status, body);
        REQUIRE(answer.error);
        CHECK(answer.error->kind == kind);
        CHECK(answer.error->retry_after == back);
    }
}

TEST_CASE("the number of tries is bounded") {
    GatewayRig rig(30);
    gateway::Settings settings;
    settings.attempts_max = 5;
    rig.settings.set(settings);
    RecordingAnswer answer;
    auto job = rig.job(answer, GatewayRig::request());
    job->start();
    for (int i = 0; i < 30 && !answer.error; ++i) rig.last_chat().answer(429, kThrottled);
    REQUIRE(answer.error);
    CHECK(rig.calls_to("generateAssistantResponse") == 5);
}

TEST_CASE("back-pressure: a paused client pauses the transfer, resume goes on") {
    GatewayRig rig;
    RecordingAnswer answer;
    answer.flow = Flow::pause;
    auto job = rig.job(answer, GatewayRig::request());
    job->start();
    auto& call = rig.last_chat();
    call.head(200, {{"content-type", "application/vnd.amazon.eventstream"}});
    CHECK(call.body(GatewayRig::text_frame("Hello")) == Flow::pause);
    answer.flow = Flow::more;
    job->resume();
    CHECK(call.resumes == 1);
    CHECK(call.body(GatewayRig::text_frame("!")) == Flow::more);
}

TEST_CASE("17: THINKING_SIGNATURE_INVALID is answered by one try without the signed thinking") {
    GatewayRig rig(1);
    RecordingAnswer answer;
    auto request = GatewayRig::request();
    request.model = "claude-sonnet-4-6";  // thinks natively
    request.thinking.enabled = true;
    request.messages.push_back({chat::Role::assistant, {chat::Thinking{"hm", "c2ln"}, chat::Text{"yes"}}});
    request.messages.push_back({chat::Role::user, {chat::Text{"go on"}}});
    auto job = rig.job(answer, std::move(request));
    job->start();
    CHECK(rig.last_chat().request.body.view().find("reasoningContent") != std::string::npos);
    rig.last_chat().answer(
        400,
        R"({"message":"Invalid `signature` in `thinking` block","reason":"THINKING_SIGNATURE_INVALID"})");
    CHECK(rig.calls_to("generateAssistantResponse") == 2);
    CHECK(rig.last_chat().request.body.view().find("reasoningContent") == std::string::npos);
    GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame("ok") + GatewayRig::tail());
    CHECK(answer.text == "ok");
    CHECK_FALSE(job->report().warnings.empty());
}

TEST_CASE("thinking that nobody asked for never reaches the client") {
    GatewayRig rig;
    RecordingAnswer answer;
    auto job = rig.job(answer, GatewayRig::request());
    job->start();
    GatewayRig::stream(rig.last_chat(),
                       kiro::event_frame("reasoningContentEvent", R"({"text":"secret"})") +
                           kiro::event_frame("reasoningContentEvent", R"({"signature":"c2ln"})") +
                           GatewayRig::text_frame("open") + GatewayRig::tail());
    CHECK(answer.text == "open");
    CHECK(answer.thinking.empty());
    CHECK(answer.signature.empty());
}

TEST_CASE("only the first call is kept where parallel calls are forbidden") {
    GatewayRig rig;
    RecordingAnswer answer;
    auto request = GatewayRig::request();
    request.tools = {{"f", "d", RawJson::trusted(R"({"type":"object","properties":{}})")}};
    request.tool_choice.disable_parallel = true;
    auto job = rig.job(answer, std::move(request));
    job->start();
    std::string body;
    for (const std::string id : {"t1", "t2"}) {
        body += kiro::event_frame("toolUseEvent", R"({"name":"f","toolUseId":")" + id + R"("})");
        body += kiro::event_frame("toolUseEvent", R"({"name":"f","stop":true,"toolUseId":")" + id + R"("})");
    }
    GatewayRig::stream(rig.last_chat(), body + GatewayRig::tail());
    CHECK(answer.tools == std::vector<std::string>{"f({})"});
    CHECK(answer.ending->reason == chat::StopReason::tool_use);
}

TEST_CASE("D4: a tool named like another's alias is called by its own name") {
    const std::string long_name(80, 'x');
    kiro::ToolNames names;
    const std::string alias(names.to_wire(long_name));
    const std::string wire(names.to_wire(alias));
    REQUIRE(wire != alias);
    GatewayRig rig;
    RecordingAnswer answer;
    auto request = GatewayRig::request();
    const auto schema = RawJson::trusted(R"({"type":"object","properties":{}})");
    request.tools = {{long_name, "d", schema}, {alias, "d", schema}};
    auto job = rig.job(answer, std::move(request));
    job->start();
    REQUIRE(rig.last_chat().request.body.view().find('"' + wire + '"') != std::string::npos);
    GatewayRig::stream(
        rig.last_chat(),
        kiro::event_frame("toolUseEvent", R"({"name":")" + wire + R"(","toolUseId":"t1"})") +
            kiro::event_frame("toolUseEvent", R"({"name":")" + wire + R"(","stop":true,"toolUseId":"t1"})") +
            GatewayRig::tail());
    CHECK(answer.tools == std::vector<std::string>{alias + "({})"});
}
