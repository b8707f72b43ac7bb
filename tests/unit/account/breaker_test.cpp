#include "core/account/breaker.hpp"

#include <cmath>
#include <vector>

#include "core/account/endpoint_breakers.hpp"
#include "core/account/health.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/manual_clock.hpp"

using namespace kg;
using namespace std::chrono_literals;
using account::Breaker;
using account::Circuit;
using account::EndpointBreakers;
using account::FailureWindow;
using account::Health;

namespace {

constexpr auto kRuntime = kiro::Generation::runtime;

bool near(double value, double wanted) {
    return std::abs(value - wanted) < 0.01;
}

void calls(Breaker& breaker, int ok, int bad, SteadyTime now) {
    for (int i = 0; i < ok + bad; ++i) breaker.record(breaker.admit(now), i < ok, now, 0.5);
}

}  // namespace

TEST_CASE("E16: the window forgets after 30 s and keeps its size under any load") {
    FailureWindow window;
    SteadyTime now{1000s};
    CHECK(window.sum(now).calls == 0);
    for (int second = 0; second < 100; ++second, now += 1s) {
        for (int i = 0; i < 1000; ++i) window.add(i % 4 == 0, now);
    }
    const auto sum = window.sum(now - 1s);
    CHECK(sum.calls == 30'000);
    CHECK(sum.failures == 7'500);
    CHECK(window.sum(now + 28s).calls == 1'000);
    CHECK(window.sum(now + 29s).calls == 0);
    static_assert(sizeof(FailureWindow) <= 30 * 16);
}

TEST_CASE("a few failures, or a low rate of many, open no circuit") {
    Breaker breaker;
    SteadyTime now{1000s};
    calls(breaker, 0, 19, now);
    CHECK(breaker.state(now) == Circuit::closed);
    now += 31s;
    calls(breaker, 60, 40, now);
    CHECK(breaker.state(now) == Circuit::closed);
}

TEST_CASE("F2: at 60 % failures it opens, failures meanwhile do not extend it, probes close it again") {
    Breaker breaker;
    SteadyTime now{1000s};
    std::vector<Breaker::Ticket> late;
    for (int i = 0; i < 50; ++i) late.push_back(breaker.admit(now));
    calls(breaker, 8, 12, now);
    REQUIRE(breaker.state(now) == Circuit::open);
    CHECK_FALSE(breaker.admit(now).admitted);
    const auto wait = breaker.opens_in(now);
    CHECK(wait == 10s);
    for (const auto& ticket : late) breaker.record(ticket, false, now + 5s, 0.5);
    CHECK(breaker.opens_in(now) == wait);

    now += wait;
    REQUIRE(breaker.state(now) == Circuit::half_open);
    auto one = breaker.admit(now), two = breaker.admit(now);
    CHECK((one.admitted && one.probe && two.admitted));
    CHECK_FALSE(breaker.admit(now).admitted);
    breaker.abandon(two);  // its client left
    two = breaker.admit(now);
    CHECK(two.admitted);
    breaker.record(one, true, now, 0.5);
    breaker.record(two, true, now, 0.5);
    CHECK(breaker.state(now) == Circuit::half_open);
    breaker.record(breaker.admit(now), true, now, 0.5);
    CHECK(breaker.state(now) == Circuit::closed);
    calls(breaker, 0, 19, now);
    CHECK(breaker.state(now) == Circuit::closed);  // the old failures are forgotten
}

TEST_CASE("F2: a failed probe reopens for twice the time, jittered, up to a bound") {
    Breaker breaker;
    SteadyTime now{1000s};
    calls(breaker, 0, 20, now);
    for (const auto expected : {20s, 40s, 80s, 120s, 120s}) {
        now += breaker.opens_in(now);
        breaker.record(breaker.admit(now), false, now, 0.5);
        CHECK(breaker.opens_in(now) == expected);
    }
    now += 120s;
    breaker.record(breaker.admit(now), false, now, 0.0);
    CHECK(breaker.opens_in(now) == 96s);
    breaker.reset();
    CHECK(breaker.state(now) == Circuit::closed);
}

TEST_CASE("F3: asking for the state changes nothing") {
    test::ManualClock clock;
    EndpointBreakers endpoints(clock, 7);
    for (int i = 0; i < 20; ++i) endpoints.admit(kRuntime, "us-east-1").failed();
    REQUIRE(endpoints.view().at(0).circuit == Circuit::open);
    const auto wait = endpoints.opens_in(kRuntime, "us-east-1");
    CHECK(wait >= 8s);
    CHECK(wait <= 12s);
    for (int i = 0; i < 1000; ++i) CHECK(endpoints.view().at(0).opens_in == wait);
    clock.advance(wait);
    for (int i = 0; i < 1000; ++i) CHECK(endpoints.view().at(0).circuit == Circuit::half_open);
    CHECK(endpoints.admit(kRuntime, "us-east-1"));
}

TEST_CASE("F1, E13: only 5xx, connection errors and silence count against an endpoint") {
    using enum kiro::FailureClass;
    for (const auto cls :
         {token_dead, suspended, forbidden_other, quota_exhausted, rate_limited_user, throttled,
          invalid_model, malformed, context_overflow, edge_too_large, content_filtered}) {
        kiro::Failure failure;
        failure.cls = cls;
        CHECK_FALSE(account::endpoint_failed(failure));
    }
    for (const auto cls : {transient, connect, timeout}) {
        kiro::Failure failure;
        failure.cls = cls;
        CHECK(account::endpoint_failed(failure));
    }
}

TEST_CASE("an endpoint is a generation and a region, and a pass without a verdict gives its probe back") {
    test::ManualClock clock;
    EndpointBreakers endpoints(clock);
    for (int i = 0; i < 20; ++i) endpoints.admit(kRuntime, "us-east-1").failed();
    CHECK_FALSE(endpoints.admit(kRuntime, "us-east-1"));
    CHECK(endpoints.admit(kRuntime, "eu-central-1"));
    CHECK(endpoints.admit(kiro::Generation::q, "us-east-1"));
    clock.advance(12s);
    for (int i = 0; i < 10; ++i) CHECK(endpoints.admit(kRuntime, "us-east-1"));
    auto a = endpoints.admit(kRuntime, "us-east-1"), b = endpoints.admit(kRuntime, "us-east-1");
    CHECK((a && b));
    CHECK_FALSE(endpoints.admit(kRuntime, "us-east-1"));
    endpoints.reset();
    CHECK(endpoints.view().at(1).circuit == Circuit::closed);
    a.failed();
    b = {};
    for (int i = 0; i < 19; ++i) endpoints.admit(kRuntime, "us-east-1").failed();
    CHECK(endpoints.admit(kRuntime, "us-east-1"));  // the verdict from before the reset did not count
}

TEST_CASE("E14: health is a mean that returns to neutral, halfway every ten minutes") {
    const SteadyTime now{1000s};
    Health health;
    CHECK(health.score(now) == Health::kNeutral);
    for (int i = 0; i < 100; ++i) health.success(now);
    CHECK(health.score(now) > 99);
    for (int i = 0; i < 5; ++i) health.failure(Health::kSoft, now);
    const double sick = health.score(now);
    CHECK(sick < 30);
    health.success(now);
    CHECK(health.score(now) < sick + 10);  // one success does not make up for it
    health.failure(1, now);
    CHECK(health.score(now) == 0);
    CHECK(near(health.score(now + Health::kHalfLife), 40));
    CHECK(near(health.score(now + 2 * Health::kHalfLife), 60));
    CHECK(near(health.score(now + 24h), 80));
    const auto restored = Health::restored(0, 10min, now);
    CHECK(near(restored.score(now), 40));
    CHECK(Health::restored(0, -5h, now).score(now) == 0);  // written by a clock ahead of ours
    CHECK(Health::restored(700, 0s, now).score(now) == 100);
}

TEST_CASE("a slow account does not earn the full mark") {
    const SteadyTime now{1000s};
    Health quick, slow;
    quick.first_event(800ms);
    slow.first_event(40s);
    for (int i = 0; i < 100; ++i) {
        quick.success(now);
        slow.success(now);
    }
    CHECK(quick.score(now) > 99);
    CHECK(slow.score(now) < 61);
}
