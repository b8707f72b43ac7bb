#include "core/hooks/messenger.hpp"

#include "core/base/base64.hpp"
#include "core/base/digest.hpp"
#include "core/json/document.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/scripted_fetcher.hpp"

using namespace kg;
using namespace std::chrono_literals;
using hooks::EventKind;

namespace {

struct Rig {
    explicit Rig(hooks::MessengerOptions options)
        : messenger(loop, fetcher, clock, random, std::move(options)) {}
    void tell(EventKind kind, const std::string& subject = "acc_1") {
        messenger.tell({.kind = kind, .subject = subject, .name = "work", .reason = "because", .at_ms = 7});
        settle();
    }
    void settle() {
        for (int i = 0; i < 4; ++i) loop.run_once(false);
    }
    /// Lets `by` pass, as the owner's timer would notice.
    void pass(std::chrono::milliseconds by) {
        clock.advance(by);
        messenger.tick();
        settle();
    }
    test::ManualClock clock;
    SystemRandom random;
    loop::Loop loop;
    loop::Wakeup awake{loop};  // a loop without work does not look at its doors
    test::ScriptedFetcher fetcher;
    hooks::Messenger messenger;
};

hooks::MessengerOptions webhook() {
    return {.url = "http://127.0.0.1:9/hook", .secret = Secret("s3cret")};
}

}  // namespace

TEST_CASE("hooks: a webhook gets the event as JSON, signed with its time") {
    Rig rig(webhook());
    rig.tell(EventKind::account_suspended);
    REQUIRE(rig.fetcher.count() == 1);
    auto& call = rig.fetcher.call(0);
    CHECK(call.request.url == "http://127.0.0.1:9/hook");
    CHECK(call.request.method == http::Method::post);
    CHECK(call.has_header("X-Kirogate-Event: account.suspended"));
    const std::string body(call.request.body.view());
    const auto document = json::Document::parse(body);
    REQUIRE(document);
    CHECK(document->root()["event"].text() == "account.suspended");
    CHECK(document->root()["subject"].text() == "acc_1");
    CHECK(document->root()["name"].text() == "work");
    CHECK(document->root()["reason"].text() == "because");
    CHECK(document->root()["at"].as_int() == 7);
    CHECK(document->root()["id"].text() == call.header("x-kirogate-delivery"));
    const std::string timestamp = call.header("x-kirogate-timestamp");
    CHECK(timestamp == std::to_string(to_ms(rig.clock.wall()) / 1000));
    const auto hash = hmac_sha256("s3cret", timestamp + "." + body);
    CHECK(call.header("x-kirogate-signature") ==
          "sha256=" + hex_encode({reinterpret_cast<const char*>(hash.data()), hash.size()}));
    call.answer(204, "");
    rig.settle();
    CHECK(rig.messenger.delivered() == 1);
    CHECK(rig.messenger.waiting() == 0);
}

TEST_CASE("hooks: the same is told once in a while, another at once") {
    Rig rig(webhook());
    const auto told = [&](EventKind kind, const std::string& subject) {
        const auto before = rig.fetcher.count();
        rig.tell(kind, subject);
        if (rig.fetcher.count() == before) return false;
        rig.fetcher.call(before).answer(200, "");
        rig.settle();
        return true;
    };
    CHECK(told(EventKind::account_exhausted, "a"));
    CHECK_FALSE(told(EventKind::account_exhausted, "a"));
    CHECK(told(EventKind::account_exhausted, "b"));
    CHECK(told(EventKind::account_suspended, "a"));
    rig.clock.advance(59min);
    CHECK_FALSE(told(EventKind::account_exhausted, "a"));
    rig.clock.advance(1min);
    CHECK(told(EventKind::account_exhausted, "a"));
}

TEST_CASE("hooks: a delivery is tried four times, and not again when it is refused") {
    Rig rig(webhook());
    rig.tell(EventKind::pool_down, "");
    const std::string id = rig.fetcher.call(0).header("x-kirogate-delivery");
    rig.fetcher.call(0).answer(500, "oops");
    rig.settle();
    rig.pass(1'999ms);
    CHECK(rig.fetcher.count() == 1);
    rig.pass(1ms);
    REQUIRE(rig.fetcher.count() == 2);
    CHECK(rig.fetcher.call(1).header("x-kirogate-delivery") == id);
    rig.fetcher.call(1).answer(429, "");
    rig.settle();
    rig.pass(10s);
    REQUIRE(rig.fetcher.count() == 3);
    rig.fetcher.call(2).fail(fetch::FailureKind::connect);
    rig.settle();
    rig.pass(60s);
    REQUIRE(rig.fetcher.count() == 4);
    rig.fetcher.call(3).answer(503, "");
    rig.settle();
    rig.pass(1h);
    CHECK(rig.fetcher.count() == 4);
    CHECK(rig.messenger.given_up() == 1);
    for (const int status : {301, 400, 404}) {
        const auto at = rig.fetcher.count();
        rig.tell(EventKind::account_suspended, "acc_" + std::to_string(status));
        REQUIRE(rig.fetcher.count() == at + 1);
        rig.fetcher.call(at).answer(status, "");
        rig.settle();
        rig.pass(1h);
        CHECK(rig.fetcher.count() == at + 1);
    }
    CHECK(rig.messenger.given_up() == 4);
}

TEST_CASE("hooks: what waits is bounded, and what waits for its time holds up nothing") {
    Rig rig(webhook());
    rig.tell(EventKind::account_suspended, "first");
    rig.fetcher.call(0).answer(500, "");
    rig.settle();
    rig.tell(EventKind::account_suspended, "second");
    REQUIRE(rig.fetcher.count() == 2);  // one at a time
    for (int i = 0; i < 1'000; ++i)
        rig.messenger.tell({.kind = EventKind::account_exhausted, .subject = std::to_string(i)});
    rig.settle();
    CHECK(rig.fetcher.count() == 2);
    CHECK(rig.messenger.waiting() == hooks::Messenger::kWaitingMax);
    CHECK(rig.messenger.given_up() == 1'002 - hooks::Messenger::kWaitingMax);
}

TEST_CASE("hooks: a program gets the event on its standard input, without a shell") {
    Rig rig({.command = {"grep", "-q", "\"event\":\"key.near-limit\",\"at\":7,\"subject\":\"key_1; exit 1\"",
                         "-"}});
    const auto ends = [&](std::uint64_t good, std::uint64_t bad) {
        while (rig.messenger.delivered() < good || rig.messenger.given_up() < bad) {
            rig.loop.run_once(true);
            rig.clock.advance(60s);
            rig.messenger.tick();
        }
    };
    rig.messenger.tell({.kind = EventKind::key_near_limit, .subject = "key_1; exit 1", .at_ms = 7});
    ends(1, 0);
    CHECK(rig.messenger.given_up() == 0);
}

TEST_CASE("hooks: nothing is kept when nobody wants to know") {
    Rig rig({});
    rig.tell(EventKind::pool_down);
    CHECK(rig.messenger.waiting() == 0);
    CHECK(rig.fetcher.count() == 0);
}
