#include <atomic>
#include <thread>

#include "core/access/authenticator.hpp"
#include "core/store/open.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/manual_clock.hpp"

using namespace kg;
using namespace std::chrono_literals;
using access::Authenticator;
using access::Principal;

namespace {

const IpAddress kHere = *IpAddress::parse("192.0.2.1"), kThere = *IpAddress::parse("192.0.2.2");

store::Key managed(const std::string& id = "key_1") {
    store::Key key;
    key.id = id;
    key.name = id;
    key.key_hash = sha256("kg-" + id);
    return key;
}

struct Fixture {
    test::ManualClock clock;
    Authenticator access{clock};

    Principal principal(const std::string& id = "key_1") { return *access.authenticate("kg-" + id, kHere); }
    /// Admits and ends at once, having used so much.
    std::string once(const Principal& p, double credits = 0, std::int64_t tokens = 0) {
        auto admitted = access.admit(p, kHere);
        if (!admitted) return admitted.error().limit;
        admitted->settle(credits, tokens);
        return "ok";
    }
    double used(const Principal& p, const std::string& name) {
        for (const auto& limit : access.usage(p).limits) {
            if (limit.name == name) return limit.used;
        }
        return -1;
    }
};

}  // namespace

TEST_CASE("F4: a limit of n with a burst of b lets exactly b + n*t pass") {
    Fixture f;
    f.access.set_rates({.per_minute = 90, .burst = 7}, {});
    const Principal p;
    int passed = 0;
    for (std::chrono::milliseconds at{}; at <= 10min; at += 10ms) {
        while (f.once(p) == "ok") ++passed;
        f.clock.advance(10ms);
    }
    CHECK(passed == 7 + 90 * 10);
    f.clock.advance(24h);
    passed = 0;
    while (f.once(p) == "ok") ++passed;
    CHECK(passed == 7);
    auto refused = f.access.admit(p, kHere);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().error.kind == ErrorKind::rate_limited);
    CHECK(refused.error().error.retry_after == 667ms);
}

TEST_CASE("F4: the burst is the rate when none is given, and odd rates lose nothing to rounding") {
    Fixture f;
    f.access.set_rates({.per_minute = 7}, {});
    const Principal p;
    int passed = 0;
    for (int i = 0; i <= 60 * 60 * 30; ++i) {
        passed += f.once(p) == "ok";
        f.clock.advance(33ms);
    }
    CHECK(passed == 7 + 7 * 60 * 30 * 33 / 1000);
}

TEST_CASE("F5, F7: every level has its own limit, and a refusal takes nothing from any") {
    Fixture f;
    auto slow = managed("key_slow");
    slow.requests_per_minute = 1;
    f.access.load({slow, managed("key_fast")});
    f.access.set_rates({.per_minute = 4}, {.per_minute = 3});
    const auto a = f.principal("key_slow"), b = f.principal("key_fast");
    CHECK(f.once(a) == "ok");
    for (int i = 0; i < 5; ++i) CHECK(f.once(a) == "key.requests_per_minute");
    CHECK(f.once(b) == "ok");
    CHECK(f.once(b) == "ok");
    for (int i = 0; i < 5; ++i) CHECK(f.once(b) == "address.requests_per_minute");
    CHECK(f.access.admit(b, kThere));
    const auto refused = f.access.admit(b, kThere);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().limit == "gateway.requests_per_minute");
    REQUIRE(refused.error().rates.requests);
    CHECK(refused.error().rates.requests->limit == 4);
    CHECK(refused.error().rates.requests->remaining == 0);
}

TEST_CASE("F7: an address is forgotten singly, when its bucket says nothing any more") {
    test::ManualClock clock;
    access::AddressLimiter addresses;
    addresses.set_rate({.per_minute = 1, .burst = 2});
    auto address = *IpAddress::parse("10.0.0.0");
    for (std::size_t i = 0; i < access::AddressLimiter::kAddressesMax + 100; ++i) {
        for (std::size_t b = 0; b < 4; ++b) address.bytes[15 - b] = static_cast<std::uint8_t>(i >> (8 * b));
        addresses.take(address, clock.steady());
    }
    CHECK(addresses.size() == access::AddressLimiter::kAddressesMax);
    addresses.take(address, clock.steady());
    CHECK(addresses.wait(address, clock.steady()) > 0us);
    clock.advance(1min);
    CHECK(addresses.wait(address, clock.steady()) == 0us);
    clock.advance(2min);
    addresses.take(kHere, clock.steady());
    CHECK(addresses.size() == 1);
}

TEST_CASE("F5: an IPv6 network of one customer is one address") {
    Fixture f;
    f.access.set_rates({}, {.per_minute = 1});
    CHECK(f.access.admit_stranger(*IpAddress::parse("2001:db8:1:2::1")));
    const auto refused = f.access.admit_stranger(*IpAddress::parse("2001:db8:1:2:ffff::9"));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().limit == "address.requests_per_minute");
    CHECK(f.access.admit_stranger(*IpAddress::parse("2001:db8:1:3::1")));
}

TEST_CASE("light requests have buckets of their own") {
    Fixture f;
    auto key = managed();
    key.requests_per_minute = 2;
    key.credit_limit = 0;
    f.access.load({key});
    const auto p = f.principal();
    CHECK(f.access.admit_light(p, kHere));
    CHECK(f.access.admit_light(p, kHere));
    CHECK(f.access.admit_light(p, kHere).error().limit == "key.requests_per_minute");
    CHECK(f.once(p) == "key.credits_total");
}

TEST_CASE("B4: a credit limit bites, zero means none, and a reload does not forget what was spent") {
    Fixture f;
    auto key = managed();
    key.credit_limit = 1.0;
    f.access.load({key});
    const auto p = f.principal();
    CHECK(f.once(p, 0.6) == "ok");
    CHECK(f.once(p, 0.6) == "ok");
    f.access.load({key});  // the store has not seen the spending yet
    const auto refused = f.access.admit(p, kHere);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().limit == "key.credits_total");
    CHECK(refused.error().error.kind == ErrorKind::key_quota_exhausted);
    CHECK_FALSE(refused.error().error.retry_after);
    key.credit_limit = 0.0;
    f.access.load({managed("key_2"), key});
    CHECK(f.once(p) == "key.credits_total");
    CHECK(f.once(f.principal("key_2")) == "ok");
    f.access.load({});
    CHECK(f.access.admit(p, kHere).error().error.kind == ErrorKind::unauthenticated);
}

TEST_CASE("100 parallel requests against credits for ten let exactly ten through") {
    Fixture f;
    auto key = managed();
    key.quota(Period::day).credits = 10;
    f.access.load({key});
    const auto p = f.principal();
    std::atomic<int> let_in{0}, ended{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 10; ++i) {
        threads.emplace_back([&] {
            std::vector<access::Reservation> running;
            for (int n = 0; n < 10; ++n) {
                auto admitted = f.access.admit(p, kHere);
                if (!admitted) continue;
                ++let_in;
                running.push_back(std::move(*admitted));
            }
            ++ended;
            while (ended < 10) std::this_thread::yield();
            for (auto& request : running) request.settle(1.0, 100);
        });
    }
    for (auto& thread : threads) thread.join();
    CHECK(let_in == 10);
    CHECK(f.used(p, "credits_per_day") == 10.0);
    CHECK(f.once(p) == "key.credits_per_day");
    f.clock.advance(24h);
    CHECK(f.once(p) == "ok");
}

TEST_CASE("F4: of 10,000 requests over limits, from many threads, exactly as many pass as allowed") {
    Fixture f;
    auto key = managed();
    key.requests_per_minute = 100;
    key.request_burst = 700;
    f.access.load({key});
    f.access.set_rates({.per_minute = 600, .burst = 1'500}, {.per_minute = 1'000});
    const auto p = f.principal();
    std::atomic<int> passed{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] {
            for (int n = 0; n < 1'250; ++n) passed += f.access.admit(p, kHere).has_value();
        });
    }
    for (auto& thread : threads) thread.join();
    CHECK(passed == 700);
    CHECK(f.used(p, "gateway_requests_per_minute") == 700);
}

TEST_CASE("requests that have turned out dear hold more, so that parallel ones do not overdraw") {
    Fixture f;
    auto key = managed();
    key.credit_limit = 100;
    f.access.load({key});
    const auto p = f.principal();
    CHECK(f.once(p, 20.0) == "ok");
    f.access.load({key});
    std::vector<access::Reservation> running;
    for (int i = 0; i < 50; ++i) {
        if (auto admitted = f.access.admit(p, kHere)) running.push_back(std::move(*admitted));
    }
    CHECK(running.size() == 4);  // 80 credits are left
    for (auto& request : running) request.settle(20.0, 0);
    CHECK(f.used(p, "credits_total") == 100);
    CHECK(f.once(p) == "key.credits_total");
}

TEST_CASE("what running requests hold is refused for now, what is used up until the reset") {
    Fixture f;
    auto key = managed();
    key.quota(Period::day).credits = 1.5;
    key.time_zone = "Asia/Kolkata";  // 2026-01-01T00:00Z is 05:30 there
    f.access.load({key});
    const auto p = f.principal();
    {
        auto running = f.access.admit(p, kHere);
        REQUIRE(running);
        const auto refused = f.access.admit(p, kHere);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().error.kind == ErrorKind::rate_limited);
        CHECK(refused.error().error.retry_after == 1s);
    }
    // The last request may cost more than is left, but it is the last.
    CHECK(f.once(p, 1.0) == "ok");
    CHECK(f.once(p, 1.0) == "ok");
    const auto refused = f.access.admit(p, kHere);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().error.kind == ErrorKind::key_quota_exhausted);
    CHECK(refused.error().error.retry_after == 18h + 30min);
    CHECK(refused.error().error.message.find("2026-01-01T18:30:00Z") != std::string::npos);
}

TEST_CASE("tokens are reserved once the prompt is known, and a refusal gives everything back") {
    Fixture f;
    auto key = managed();
    key.tokens_per_minute = 1'000;
    key.requests_per_minute = 10;
    key.streams_max = 3;
    key.quota(Period::week).tokens = 5'000;
    f.access.load({key});
    const auto p = f.principal();
    auto first = f.access.admit(p, kHere);
    REQUIRE(first);
    REQUIRE(first->counts_tokens());
    REQUIRE(f.access.reserve_tokens(*first, 600));
    REQUIRE(first->rates().tokens);
    CHECK(first->rates().tokens->remaining == 400);

    auto second = f.access.admit(p, kHere);
    REQUIRE(second);
    const auto refused = f.access.reserve_tokens(*second, 600);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().limit == "key.tokens_per_minute");
    CHECK(refused.error().error.retry_after == 12s);
    CHECK(f.used(p, "requests_per_minute") == 1);
    CHECK(f.used(p, "streams") == 1);
    CHECK(f.used(p, "tokens_per_minute") == 600);

    // The answer was larger than what was reserved: the bucket goes into debt.
    first->settle(0, 1'600);
    CHECK(f.used(p, "tokens_per_week") == 1'600);
    CHECK(f.once(p) == "key.tokens_per_minute");
    f.clock.advance(37s);
    auto third = f.access.admit(p, kHere);
    REQUIRE(third);
    f.clock.advance(2min);
    CHECK(f.access.reserve_tokens(*third, 100'000));  // alone, with a full bucket, and nothing else reserved
    third->settle(0, 3'500);
    CHECK(f.once(p) == "key.tokens_per_week");
}

TEST_CASE("no more requests in progress than the key may have") {
    Fixture f;
    auto key = managed();
    key.streams_max = 2;
    f.access.load({key});
    const auto p = f.principal();
    auto a = f.access.admit(p, kHere);
    {
        auto b = f.access.admit(p, kHere);
        REQUIRE(b);
        f.access.load({key});  // a reload does not forget who is running
        CHECK(f.once(p) == "key.streams");
        auto moved = std::move(*b);
        CHECK(f.once(p) == "key.streams");
    }
    CHECK(f.once(p) == "ok");
    a->settle(0, 0);
    a->settle(0, 0);
    CHECK(f.used(p, "streams") == 0);
}

TEST_CASE("a request is charged to the day on which it began") {
    Fixture f;
    auto key = managed();
    key.quota(Period::day) = {.credits = 5, .tokens = std::nullopt};
    key.quota(Period::month) = {.credits = 50, .tokens = std::nullopt};
    f.access.load({key});
    const auto p = f.principal();
    f.clock.advance(23h + 59min);
    auto running = f.access.admit(p, kHere);
    f.clock.advance(2min);
    CHECK(f.once(p, 1.0) == "ok");
    running->settle(3.0, 0);
    CHECK(f.used(p, "credits_per_day") == 1.0);
    CHECK(f.used(p, "credits_per_month") == 4.0);
}

TEST_CASE("budgets survive a restart: they come from the store") {
    test::ManualClock clock;
    auto stores = store::open_memory();
    auto key = managed();
    key.quota(Period::day).credits = 2;
    key.quota(Period::month).tokens = 1'000;
    key.time_zone = "America/New_York";  // the day began 2025-12-31T05:00Z, the month 2025-12-01T05:00Z
    REQUIRE(stores->keys().add(key));
    const auto spend = [&](const char* id, std::chrono::hours ago, double credits) {
        store::RequestRecord record;
        record.request_id = id;
        record.key_id = key.id;
        record.started_at_ms = to_ms(clock.wall() - ago);
        record.credits = credits;
        record.input_tokens = 100;
        record.output_tokens = 50;
        REQUIRE(stores->usage().record({record}));
    };
    spend("req_1", 18h, 1.5);
    spend("req_2", 20h, 1.0);       // yesterday there
    spend("req_3", 24h * 40, 9.0);  // the month before
    Authenticator access(clock);
    auto keys = access::read_keys(*stores, clock.wall());
    REQUIRE(keys);
    access.load(*keys);
    const auto p = *access.authenticate("kg-key_1", kHere);
    const auto usage = access.usage(p);
    REQUIRE(usage.limits.size() == 2);
    CHECK(usage.limits[0].name == "credits_per_day");
    CHECK(usage.limits[0].used == 1.5);
    CHECK(usage.limits[0].resets_at == wall_from_ms(1'767'243'600'000));  // 2026-01-01T05:00Z
    CHECK(usage.limits[1].name == "tokens_per_month");
    CHECK(usage.limits[1].used == 300);
    CHECK(usage.credits == 11.5);
    CHECK(usage.tokens == 450);
    CHECK(usage.requests == 3);
}

TEST_CASE("the use of another process on the same store counts, and running requests stay") {
    Fixture f;
    auto key = managed();
    key.quota(Period::day).credits = 10;
    f.access.load({key});
    CHECK(f.access.has_budgets());
    const auto p = f.principal();
    auto running = f.access.admit(p, kHere);
    CHECK(f.once(p, 2.0) == "ok");
    access::KeyState state(key);
    state.use[static_cast<std::size_t>(Period::day)].credits = 1.0;  // older than what is known here
    f.access.learn_use({state});
    CHECK(f.used(p, "credits_per_day") == 2.0);
    state.use[static_cast<std::size_t>(Period::day)].credits = 9.5;
    f.access.learn_use({state, access::KeyState(managed("key_unknown"))});
    CHECK(f.used(p, "credits_per_day") == 9.5);
    CHECK(f.used(p, "streams") == -1);
    const auto refused = f.access.admit(p, kHere);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().error.kind == ErrorKind::rate_limited);
    running->settle(0.5, 0);
    CHECK(f.once(p) == "key.credits_per_day");
}

TEST_CASE("keys near a limit are told with the budget that is fullest") {
    Fixture f;
    auto near = managed("key_near"), far = managed("key_far"), off = managed("key_off");
    near.quota(Period::day).tokens = 1'000;
    near.quota(Period::month).credits = 10;
    far.credit_limit = 100;
    off.token_limit = 10;
    off.enabled = false;
    f.access.load({access::KeyState(near), access::KeyState(far), access::KeyState(off),
                   access::KeyState(managed("key_free"))});
    CHECK(f.once(f.principal("key_near"), 9, 899) == "ok");
    CHECK(f.once(f.principal("key_far"), 89, 0) == "ok");
    REQUIRE(f.access.near_limit(0.9).size() == 1);
    CHECK(f.access.near_limit(0.9)[0].id == "key_near");
    CHECK(f.access.near_limit(0.9)[0].limit == "credits_per_month");
    CHECK(f.once(f.principal("key_near"), 0, 60) == "ok");
    CHECK(f.access.near_limit(0.9)[0].limit == "tokens_per_day");
    CHECK(f.access.near_limit(0.5).size() == 2);
    f.clock.advance(std::chrono::hours(24 * 40));
    CHECK(f.access.near_limit(0.9).empty());
}
