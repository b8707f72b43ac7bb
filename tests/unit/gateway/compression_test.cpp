#include "core/gateway/chat_job.hpp"
#include "core/json/read.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/chat_builder.hpp"
#include "tests/support/gateway_rig.hpp"
#include "tests/support/kiro_refusals.hpp"

using namespace kg;
using test::GatewayRig;
using test::RecordingAnswer;

namespace {

/// A window of 200,000 tokens at 5 %: compressed above 10,000.
struct Rig : GatewayRig {
    explicit Rig(int accounts = 2) : GatewayRig(accounts) {
        service.compression = &compression;
        wish({});
    }
    void wish(gateway::CompressionSettings wanted) {
        gateway::Settings all;
        all.compression = wanted;
        all.compression.threshold_percent = 5;
        all.compression.keep_messages = 4;
        all.compression.chunk_tokens = 2'000;
        settings.set(all);
    }
    std::unique_ptr<gateway::ChatJob> start(
        RecordingAnswer& answer, chat::Request request, std::string tenant = "key_one",
        gateway::CompressionWish wish = gateway::CompressionWish::standard) {
        gateway::JobPermissions permissions;
        permissions.tenant_scope = tenant;
        permissions.key_id = tenant;
        permissions.compression = wish;
        auto made =
            std::make_unique<gateway::ChatJob>(service, std::move(request), std::move(permissions), answer);
        made->start();
        settle();
        return made;
    }
    /// Answers every summary call that waits; how many there were.
    int summarise(const std::string& text = "They talked.") {
        int answered = 0;
        for (std::size_t i = 0; i < fetcher.count(); ++i) {
            auto& call = fetcher.call(i);
            if (!call.alive() || !is_summary(call)) continue;
            stream(call, text_frame(text) + tail());
            ++answered;
            settle();
        }
        return answered;
    }
    int finish_summaries(const std::string& text = "They talked.") {
        int all = 0;
        while (const int some = summarise(text)) all += some;
        return all;
    }
    static std::string body(const test::ScriptedFetcher::Call& call) {
        return std::string(call.request.body.view());
    }
    static bool is_summary(const test::ScriptedFetcher::Call& call) {
        return call.request.url.find("generateAssistantResponse") != std::string::npos &&
               body(call).find("claude-haiku-4.5") != std::string::npos;
    }
};

std::string words(std::size_t tokens, const std::string& begin) {
    std::string out = begin;
    while (out.size() < tokens * 4) out += " word";
    return out;
}

/// `turns` questions, each but the last with its answer, of about a thousand tokens a pair.
chat::Request conversation(std::size_t turns, const std::string& mark = "") {
    std::vector<chat::Message> messages;
    for (std::size_t i = 0; i < turns; ++i) {
        messages.push_back(test::user({test::text(words(500, mark + "question " + std::to_string(i)))}));
        if (i + 1 < turns)
            messages.push_back(test::assistant({test::text(words(500, "answer " + std::to_string(i)))}));
    }
    return test::request_of(std::move(messages));
}

}  // namespace

TEST_CASE("G1: a long conversation is compressed before it is sent, and the report tells") {
    Rig rig;
    RecordingAnswer answer;
    auto job = rig.start(answer, conversation(20));
    CHECK(rig.calls_to("generateAssistantResponse") == 3);  // three at a time
    const int calls = rig.finish_summaries("They agreed on PostgreSQL.");
    CHECK(calls >= 4);
    const auto sent = Rig::body(rig.last_chat());
    CHECK(sent.find("question 0") != std::string::npos);
    CHECK(sent.find("question 19") != std::string::npos);
    CHECK(sent.find("They agreed on PostgreSQL.") != std::string::npos);
    CHECK(sent.find("question 3") == std::string::npos);
    GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame("fine") + GatewayRig::tail());
    CHECK(answer.text == "fine");
    const auto& report = job->report();
    REQUIRE(report.compression);
    CHECK(report.compression->changed);
    CHECK(report.compression->before.tokens > 19'000);
    CHECK(report.compression->after.tokens < 12'000);
    CHECK(report.compression->made == static_cast<std::size_t>(calls));
    CHECK(report.summary_credits == 0.25 * calls);
    CHECK(report.summary_tokens == 13 * calls);
    CHECK(report.usage.credits == 0.25);
}

TEST_CASE("G1: no compression below the threshold, when switched off, and by the client's wish") {
    struct Row {
        std::size_t turns;
        bool enabled;
        gateway::CompressionWish wish;
        bool compressed;
    };
    using Wish = gateway::CompressionWish;
    for (const auto& row : {Row{9, true, Wish::standard, false}, Row{20, true, Wish::standard, true},
                            Row{20, false, Wish::standard, false}, Row{20, true, Wish::off, false},
                            Row{20, false, Wish::on, true}, Row{9, false, Wish::on, false}}) {
        CAPTURE(row.turns, row.enabled, row.compressed);
        Rig rig;
        gateway::CompressionSettings wanted;
        wanted.enabled = row.enabled;
        rig.wish(wanted);
        RecordingAnswer answer;
        auto job = rig.start(answer, conversation(row.turns), "key_one", row.wish);
        CHECK((rig.finish_summaries() > 0) == row.compressed);
        CHECK(job->report().compression.has_value() == row.compressed);
        CHECK(Rig::body(rig.last_chat()).find("question") != std::string::npos);
    }
}

TEST_CASE("a strict key that is refused has paid for no summary") {
    Rig rig;
    RecordingAnswer answer;
    auto request = conversation(20);
    request.warnings.push_back("temperature is not supported by the backend and was ignored");
    gateway::JobPermissions permissions;
    permissions.strict = true;
    gateway::ChatJob job(rig.service, std::move(request), std::move(permissions), answer);
    job.start();
    REQUIRE(answer.error);
    CHECK(answer.error->kind == ErrorKind::unsupported);
    CHECK(rig.calls_to("generateAssistantResponse") == 0);
}

TEST_CASE("G5: twenty turns of one session pay for new chunks only") {
    Rig rig;
    int calls = 0, turns_with_calls = 0, compressed = 0;
    for (std::size_t turn = 12; turn < 32; ++turn) {
        RecordingAnswer answer;
        auto job = rig.start(answer, conversation(turn));
        const int made = rig.finish_summaries();
        calls += made;
        turns_with_calls += made > 0;
        compressed += job->report().compression && job->report().compression->changed;
        GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame("ok") + GatewayRig::tail());
        CHECK(answer.text == "ok");
    }
    CHECK(compressed == 20);
    CHECK(calls <= 13);  // about 26,000 tokens left the window, 2,000 a chunk
    CHECK(calls >= 8);
    CHECK(turns_with_calls <= calls);
}

TEST_CASE("G3: another tenant with the same conversation makes its own summaries") {
    Rig rig;
    for (const std::string tenant : {"key_one", "key_two"}) {
        RecordingAnswer answer;
        auto job = rig.start(answer, conversation(20), tenant);
        CHECK(rig.finish_summaries("Summary for " + tenant) > 0);
        const auto sent = Rig::body(rig.last_chat());
        CHECK(sent.find("Summary for " + tenant) != std::string::npos);
        CHECK(sent.find(tenant == "key_one" ? "Summary for key_two" : "Summary for key_one") ==
              std::string::npos);
    }
    RecordingAnswer answer;
    auto job = rig.start(answer, conversation(20), "key_one");
    CHECK(rig.finish_summaries() == 0);
}

TEST_CASE("G4: two turns at once share the summaries and keep their own messages") {
    Rig rig;
    RecordingAnswer one, two;
    auto first = conversation(20), second = conversation(20);
    first.messages.push_back(test::assistant({test::text("which?")}));
    first.messages.push_back(test::user({test::text("the left one")}));
    second.messages.push_back(test::assistant({test::text("which?")}));
    second.messages.push_back(test::user({test::text("the right one")}));
    auto left = rig.start(one, std::move(first));
    auto right = rig.start(two, std::move(second));
    rig.finish_summaries();
    REQUIRE(left->report().compression);
    REQUIRE(right->report().compression);
    CHECK(left->report().compression->made + right->report().compression->made ==
          left->report().compression->chunks);
    CHECK(right->report().compression->shared + right->report().compression->cached ==
          left->report().compression->made);
    int left_bodies = 0, right_bodies = 0;
    for (std::size_t i = 0; i < rig.fetcher.count(); ++i) {
        if (Rig::is_summary(rig.fetcher.call(i))) continue;
        const auto body = Rig::body(rig.fetcher.call(i));
        left_bodies += body.find("the left one") != std::string::npos;
        right_bodies += body.find("the right one") != std::string::npos;
    }
    CHECK(left_bodies == 1);
    CHECK(right_bodies == 1);
}

TEST_CASE("G4: when the one who makes a summary leaves, the one who waits makes it") {
    Rig rig;
    RecordingAnswer one, two;
    auto leader = rig.start(one, conversation(20));
    auto waiter = rig.start(two, conversation(20));
    CHECK(rig.fetcher.active() == 3);
    leader.reset();
    CHECK(rig.fetcher.active() == 0);  // G9: cancelled with the parent
    rig.settle();
    CHECK(rig.fetcher.active() == 3);
    CHECK(rig.finish_summaries() > 0);
    CHECK(waiter->report().compression->failed == 0);
    GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame("ok") + GatewayRig::tail());
    CHECK(two.text == "ok");
}

TEST_CASE("G6: a failed summary is tried twice, kept out of the cache, and the conversation stays whole") {
    Rig rig(1);
    {
        RecordingAnswer answer;
        auto job = rig.start(answer, conversation(20));
        for (int i = 0; i < 40 && Rig::is_summary(rig.last_chat()); ++i) {
            for (std::size_t c = 0; c < rig.fetcher.count(); ++c) {
                if (rig.fetcher.call(c).alive() && Rig::is_summary(rig.fetcher.call(c)))
                    rig.fetcher.call(c).answer(400,
                                               R"({"message":"Improperly formed request.","reason":null})");
            }
            rig.settle();
        }
        REQUIRE(job->report().compression);
        CHECK_FALSE(job->report().compression->changed);
        CHECK(job->report().compression->failed == job->report().compression->chunks);
        const auto sent = Rig::body(rig.last_chat());
        CHECK(sent.find("question 7") != std::string::npos);
        GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame("ok") + GatewayRig::tail());
        CHECK(answer.text == "ok");
    }
    RecordingAnswer answer;
    auto job = rig.start(answer, conversation(20));
    CHECK(rig.finish_summaries("A real summary.") > 0);
    CHECK(Rig::body(rig.last_chat()).find("A real summary.") != std::string::npos);
}

TEST_CASE("G6: what would not fit without its summaries is cut to an excerpt with a marker") {
    Rig rig(1);
    RecordingAnswer answer;
    auto job = rig.start(answer, conversation(400));
    for (int i = 0; i < 40 && Rig::is_summary(rig.last_chat()); ++i) {
        for (std::size_t c = 0; c < rig.fetcher.count(); ++c) {
            if (rig.fetcher.call(c).alive() && Rig::is_summary(rig.fetcher.call(c)))
                rig.fetcher.call(c).answer(400, R"({"message":"Improperly formed request.","reason":null})");
        }
        rig.settle();
    }
    REQUIRE(job->report().compression);
    CHECK(job->report().compression->changed);
    CHECK(job->report().compression->cut);
    CHECK(job->report().compression->after.tokens < 184'000);
    const auto sent = Rig::body(rig.last_chat());
    CHECK(sent.find("No summary could be made") != std::string::npos);
    CHECK(sent.find("question 399") != std::string::npos);
}

TEST_CASE("G9: summary calls are requests with a record of their own, charged to the same key") {
    Rig rig;
    RecordingAnswer answer;
    auto job = rig.start(answer, conversation(20));
    CHECK(rig.stats.active == 4);
    const int calls = rig.finish_summaries();
    rig.async.write_pending();
    rig.settle();
    auto records = rig.stores->usage().recent(100);
    REQUIRE(records);
    CHECK(records->size() == static_cast<std::size_t>(calls));
    for (const auto& record : *records) {
        CHECK(record.dialect == "summary");
        CHECK(record.key_id == "key_one");
        CHECK(record.wire_model == "claude-haiku-4.5");
        CHECK(record.credits == 0.25);
        CHECK(record.status == 200);
        CHECK_FALSE(record.account_id.empty());
    }
}

TEST_CASE("E1: the time that summaries took is not taken from failover") {
    Rig rig;
    RecordingAnswer answer;
    auto job = rig.start(answer, conversation(20));
    rig.clock.advance(std::chrono::seconds(70));
    CHECK(rig.finish_summaries() > 0);
    const auto calls = rig.calls_to("generateAssistantResponse");
    rig.last_chat().answer(429, test::kThrottled);
    rig.settle();
    CHECK(rig.calls_to("generateAssistantResponse") == calls + 1);
}

TEST_CASE("G9: a client that leaves while summaries are made is charged for those that were") {
    Rig rig;
    RecordingAnswer answer;
    auto job = rig.start(answer, conversation(20));
    CHECK(rig.summarise() > 0);
    job->abandon();
    CHECK(rig.fetcher.active() == 0);
    CHECK(job->report().summary_credits > 0);
}

TEST_CASE("summaries outlive the process in the store, sealed from other tenants by their key") {
    Rig rig;
    {
        RecordingAnswer answer;
        auto job = rig.start(answer, conversation(20));
        CHECK(rig.finish_summaries() > 0);
        rig.settle();
    }
    // Another process: nothing in memory.
    const compress::CacheOptions hour{.ttl = std::chrono::hours(1)};
    gateway::Compression fresh{{compress::SummaryCache(rig.async, rig.clock, hour), {}}, rig.async};
    rig.service.compression = &fresh;
    RecordingAnswer answer;
    auto job = rig.start(answer, conversation(20));
    CHECK(rig.finish_summaries() == 0);
    REQUIRE(job->report().compression);
    CHECK(job->report().compression->cached == job->report().compression->chunks);
    // Unused for longer than their time: made anew.
    rig.clock.advance(std::chrono::hours(2));
    RecordingAnswer stale;
    auto later = rig.start(stale, conversation(20));
    CHECK(later->report().compression.has_value() == false);
    CHECK(rig.finish_summaries() > 0);
}

TEST_CASE("a conversation that upstream finds too long is compressed and sent again") {
    Rig rig;
    RecordingAnswer answer;
    auto job = rig.start(answer, conversation(9));  // below the threshold
    CHECK_FALSE(job->report().compression);
    rig.last_chat().answer(400, test::kTooLong);
    rig.settle();
    CHECK(rig.finish_summaries("Made smaller.") > 0);
    CHECK(Rig::body(rig.last_chat()).find("Made smaller.") != std::string::npos);
    GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame("ok") + GatewayRig::tail());
    CHECK(answer.text == "ok");
    CHECK_FALSE(answer.error);

    RecordingAnswer hopeless;
    auto single = rig.start(hopeless, GatewayRig::request("one message"));
    const auto before = rig.fetcher.count();
    rig.last_chat().answer(400, test::kTooLong);
    rig.settle();
    REQUIRE(hopeless.error);
    CHECK(hopeless.error->kind == ErrorKind::context_too_long);
    CHECK(rig.fetcher.count() == before);  // never sent again unchanged
}

TEST_CASE("a body above upstream's limit is compressed, not refused") {
    Rig rig;
    rig.upstream.body_max_bytes = 64 << 10;
    gateway::CompressionSettings wanted;
    rig.wish(wanted);
    RecordingAnswer answer;
    auto job = rig.start(answer, conversation(40));
    CHECK(rig.finish_summaries() > 0);
    CHECK(Rig::body(rig.last_chat()).size() < (64 << 10));
    CHECK_FALSE(answer.error);

    RecordingAnswer refused;
    auto off = rig.start(refused, conversation(40), "key_one", gateway::CompressionWish::off);
    REQUIRE(refused.error);
    CHECK(refused.error->kind == ErrorKind::context_too_long);
}

TEST_CASE("estimates are calibrated by what upstream counts, for thresholds and usage alike") {
    Rig rig;
    const auto heavy = kiro::event_frame(
        "metadataEvent",
        R"({"stopReason":"END_TURN","tokenUsage":{"uncachedInputTokens":9000,"outputTokens":3,"totalTokens":9003}})");
    for (int i = 0; i < 12; ++i) {
        RecordingAnswer answer;
        auto job = rig.start(answer, conversation(5, std::to_string(i)));
        GatewayRig::stream(rig.last_chat(), GatewayRig::text_frame("ok") + heavy);
        CHECK_FALSE(job->report().compression);
    }
    CHECK(rig.calibration.ratio("claude-sonnet-4.5") > 1.4);
    CHECK(rig.calibration.ratio("claude-haiku-4.5") == 1.0);
    RecordingAnswer answer;
    auto job = rig.start(answer, conversation(8));
    CHECK(job->estimated_prompt_tokens() > 10'000);
    CHECK(rig.summarise() > 0);  // the same conversation is above the threshold now
}
