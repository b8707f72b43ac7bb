// ChatJob: how far one request goes to get its answer, and what it remembers on the way.
#include "tests/support/catch.hpp"
#include "tests/support/chat_builder.hpp"
#include "tests/support/gateway_rig.hpp"
#include "tests/support/kiro_refusals.hpp"

using namespace kg;
using namespace std::chrono_literals;
using test::GatewayRig;
using test::RecordingAnswer;

namespace {

/// Sign-in is down: refuses every refresh until the job has ended or `calls` were made.
std::size_t refuse_refreshes(GatewayRig& rig, const RecordingAnswer& answer, std::size_t calls,
                             std::chrono::milliseconds each = 0ms) {
    std::size_t made = 0;
    while (!answer.error && made < calls) {
        rig.settle();
        if (rig.fetcher.active() == 0) break;
        rig.clock.advance(each);
        rig.fetcher.last().answer(429, "{}");
        ++made;
        rig.settle();
    }
    return made;
}

}  // namespace

TEST_CASE("E1: when no login can be refreshed a request does not try those of the whole pool") {
    GatewayRig rig(0);
    for (int i = 0; i < 200; ++i) rig.add_account("a" + std::to_string(i), -5s);
    rig.reload();
    RecordingAnswer answer;
    auto job = rig.job(answer, GatewayRig::request());
    job->start();
    SECTION("bounded in number") {
        CHECK(refuse_refreshes(rig, answer, 200) == 64);
    }
    SECTION("bounded in time") {
        CHECK(refuse_refreshes(rig, answer, 200, 10s) <= 7);
    }
    REQUIRE(answer.error);
    CHECK(answer.error->kind == ErrorKind::upstream_failed);
    CHECK(rig.calls_to("generateAssistantResponse") == 0);
}

TEST_CASE("E1: more logins that cannot be refreshed than a request has tries do not hide a healthy account") {
    GatewayRig rig(0);
    for (int i = 0; i < 20; ++i) rig.add_account("a" + std::to_string(i), -5s);
    rig.add_account("healthy");
    rig.reload();
    RecordingAnswer answer;
    auto job = rig.job(answer, GatewayRig::request());
    job->start();
    CHECK(refuse_refreshes(rig, answer, 20) == 20);
    CHECK(rig.last_chat().has_header("authorization: Bearer access-healthy"));
}

TEST_CASE("a request that was repaired and then made smaller stays repaired") {
    GatewayRig rig(1);
    rig.service.compression = &rig.compression;
    gateway::Settings settings;
    settings.compression.keep_messages = 4;
    settings.compression.chunk_tokens = 2'000;
    rig.settings.set(settings);
    std::vector<chat::Message> messages;
    for (int i = 0; i < 12; ++i) {
        messages.push_back(test::user({test::text("question " + std::string(4'000, '.'))}));
        messages.push_back(
            test::assistant({test::thinking("hm", "c2ln"), test::text("answer " + std::string(4'000, '.'))}));
    }
    messages.push_back(test::user({test::text("go on")}));
    auto request = test::request_of(std::move(messages));
    request.model = "claude-sonnet-4-6";  // thinks natively
    request.thinking.enabled = true;
    RecordingAnswer answer;
    auto job = rig.job(answer, std::move(request));
    job->start();
    const auto sent = [&] { return std::string(rig.last_chat().request.body.view()); };
    CHECK(sent().find("reasoningContent") != std::string::npos);
    rig.last_chat().answer(
        400,
        R"({"message":"Invalid `signature` in `thinking` block","reason":"THINKING_SIGNATURE_INVALID"})");
    CHECK(sent().find("reasoningContent") == std::string::npos);
    rig.last_chat().answer(400, test::kTooLong);
    rig.settle();
    while (sent().find("<transcript-") != std::string::npos) {
        for (std::size_t i = 0; i < rig.fetcher.count(); ++i) {
            auto& call = rig.fetcher.call(i);
            if (call.alive() && call.request.body.view().find("<transcript-") != std::string::npos)
                GatewayRig::stream(call, GatewayRig::text_frame("short") + GatewayRig::tail());
            rig.settle();
        }
    }
    REQUIRE(job->report().compression);
    CHECK(job->report().compression->changed);
    CHECK(sent().find("reasoningContent") == std::string::npos);
    CHECK(std::ranges::any_of(job->report().warnings, [](const auto& warning) {
        return warning.find("thinking_signature") != std::string::npos;
    }));
    GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame("ok") + GatewayRig::tail());
    CHECK(answer.text == "ok");
}

TEST_CASE("G11: a short conversation that upstream calls too long is refused without paying for summaries") {
    GatewayRig rig(1);
    rig.service.compression = &rig.compression;
    for (const std::size_t tokens : {5u, 50u, 150u}) {
        const auto calls = rig.calls_to("generateAssistantResponse");
        std::vector<chat::Message> messages;
        for (int i = 0; i < 3; ++i) {
            messages.push_back(test::user({test::text("q" + std::string(4 * tokens, '.'))}));
            messages.push_back(test::assistant({test::text("a" + std::string(4 * tokens, '.'))}));
        }
        messages.push_back(test::user({test::text("go on")}));
        RecordingAnswer answer;
        auto job = rig.job(answer, test::request_of(std::move(messages)));
        job->start();
        for (int i = 0; i < 4 && !answer.error; ++i) {
            const std::string sent(rig.last_chat().request.body.view());
            CHECK(sent.find("<transcript-") == std::string::npos);
            rig.last_chat().answer(400, test::kTooLong);
            rig.settle();
        }
        REQUIRE(answer.error);
        CHECK(answer.error->kind == ErrorKind::context_too_long);
        CHECK(rig.calls_to("generateAssistantResponse") <= calls + 3);
    }
}

TEST_CASE("numbers that no answer can have are not believed") {
    for (const std::string lie : {"1e300", "1e18", "9007199254740993"}) {
        GatewayRig rig(1);
        RecordingAnswer answer;
        auto job = rig.job(answer, GatewayRig::request());
        job->start();
        std::string body = GatewayRig::text_frame("hello");
        body += kiro::event_frame("contextUsageEvent", R"({"contextUsagePercentage":)" + lie + "}");
        for (int i = 0; i < 3; ++i)
            body += kiro::event_frame("meteringEvent", R"({"unit":"credit","usage":)" + lie + "}");
        GatewayRig::stream(rig.last_chat(), body);
        REQUIRE(answer.ending);
        store::RequestRecord record;
        gateway::fill_record(record, job->report(), {});
        CHECK(record.input_tokens >= 0);
        CHECK(record.input_tokens < 1'000'000);
        CHECK(record.credits >= 0);
        CHECK(record.credits <= 1'000'000);
    }
}
