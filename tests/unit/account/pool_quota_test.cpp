// Pool: plans that are used up.
#include "core/account/usage_watch.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/gateway_rig.hpp"
#include "tests/support/pool_rig.hpp"

using namespace kg;
using namespace std::chrono_literals;
using account::State;
using account::WhenExhausted;
using kiro::FailureClass;
using test::PoolRig;

namespace {

/// An answer of upstream that cost `credits`.
void spend(PoolRig& rig, double credits) {
    auto lease = rig.take();
    REQUIRE(lease);
    rig.pool.report_success(lease, rig.clock.steady(), credits);
}

account::Quota quota(const PoolRig& rig, double limit, double used) {
    return {.limit = limit, .used = used, .resets_at = rig.clock.wall() + 48h, .told_at = rig.clock.wall()};
}

}  // namespace

TEST_CASE("E8: credits are counted between polls, and an account rests before the last one is spent") {
    PoolRig rig(1, {.quota_margin = 2});
    spend(rig, 100);  // nothing is known yet: nothing is done
    rig.pool.set_quota("a0", quota(rig, 50, 40));
    spend(rig, 4);
    spend(rig, 3.5);
    CHECK(rig.view("a0").quota->remaining() == 2.5);
    CHECK(rig.pick() == "a0");
    spend(rig, 0.75);
    CHECK(rig.view("a0").state == State::exhausted);
    auto none = rig.pool.lease({.wire_model = "m"});
    REQUIRE_FALSE(none);
    CHECK(none.error().kind == ErrorKind::accounts_exhausted);
    CHECK(none.error().retry_after == 48h);
    REQUIRE(rig.changes.size() == 2);  // ok, exhausted: the date outlives a restart
    CHECK(rig.changes[1].until_ms == to_ms(rig.clock.wall() + 48h));
    SECTION("the reset date is honoured") {
        rig.clock.advance(48h - 1ms);
        CHECK(rig.pick() == "none: accounts_exhausted");
        rig.clock.advance(1ms);
        CHECK(rig.pick() == "a0");
        spend(rig, 1);
        CHECK(rig.view("a0").state == State::ok);
    }
    SECTION("credits that were bought meanwhile count at once") {
        rig.pool.set_quota("a0", quota(rig, 500, 48));
        auto lease = rig.take();
        REQUIRE(lease);
        CHECK(lease.is_probe());
    }
    SECTION("the operator's reset clears it") {
        rig.records[0].state_since_ms = to_ms(rig.clock.wall()) + 1;
        rig.pool.load(rig.records);
        CHECK(rig.pick() == "a0");
    }
}

TEST_CASE("E8: when_exhausted = continue uses an account until upstream refuses") {
    PoolRig rig(1, {.when_exhausted = WhenExhausted::continue_});
    rig.pool.set_quota("a0", quota(rig, 50, 50));
    spend(rig, 10);
    CHECK(rig.pick() == "a0");
    rig.fail("a0", FailureClass::quota_exhausted);
    auto none = rig.pool.lease({.wire_model = "m"});
    REQUIRE_FALSE(none);
    CHECK(none.error().retry_after == 48h);  // the plan's own date, not the first of the month
}

TEST_CASE("E8: what upstream refused is not asked again because of figures that lag behind") {
    PoolRig rig(1);
    rig.fail("a0", FailureClass::quota_exhausted);
    rig.pool.set_quota("a0", quota(rig, 50, 10));
    CHECK(rig.pick() == "none: accounts_exhausted");
    rig.clock.advance(10min);
    rig.pool.set_quota("a0", quota(rig, 50, 10));
    CHECK(rig.pick() == "a0");
}

TEST_CASE("E8: usage is asked of accounts in use, one at a time, and not before its time") {
    PoolRig rig(3);
    rig.fail("a1", FailureClass::suspended);
    CHECK(rig.pool.next_usage_due(15min)->id == "a0");
    CHECK(rig.pool.next_usage_due(15min)->id == "a2");
    CHECK_FALSE(rig.pool.next_usage_due(15min));
    rig.pool.set_quota("a0", quota(rig, 50, 10));
    rig.pool.set_quota("a2", quota(rig, 50, 10));
    rig.clock.advance(15min);
    CHECK_FALSE(rig.pool.next_usage_due(15min));  // unused since: nothing can have changed
    auto lease = rig.take();
    rig.pool.report_success(lease, rig.clock.steady(), 1);
    CHECK(rig.pool.next_usage_due(15min)->id == lease.account_id());
    CHECK_FALSE(rig.pool.next_usage_due(15min));
}

TEST_CASE("E8: the watch asks upstream and tells the pool") {
    test::GatewayRig rig(2);
    account::UsageWatch watch(rig.loop, rig.fetcher, rig.keeper, rig.pool, rig.clock, rig.upstream);
    watch.poll();
    watch.poll();
    rig.settle();
    REQUIRE(rig.calls_to("getUsageLimits") == 1);
    rig.fetcher.last().answer(
        200, R"({"usageBreakdownList":[{"resourceType":"CREDIT","usageLimit":50,"currentUsage":49.5}]})");
    rig.settle();
    REQUIRE(rig.pool.view()[0].quota);
    CHECK(rig.pool.view()[0].quota->limit == 50);
    CHECK(rig.pool.view()[0].state == State::exhausted);
    watch.poll();
    rig.settle();
    rig.fetcher.last().answer(500, "no");
    rig.settle();
    CHECK_FALSE(rig.pool.view()[1].quota);
    watch.poll();
    rig.settle();
    CHECK(rig.calls_to("getUsageLimits") == 2);
}

TEST_CASE("E8: what is known of a plan outlives a restart, and so does its exhaustion") {
    PoolRig rig(2);
    rig.pool.set_quota("a0", quota(rig, 50, 40));
    rig.pool.set_quota("a1", quota(rig, 50, 10));
    rig.fail("a1", FailureClass::suspended);
    spend(rig, 5);
    auto saved = rig.pool.take_changed_health();
    REQUIRE(saved.size() == 2);
    CHECK(saved[0].quota->used == 45);
    CHECK(rig.pool.take_changed_health().empty());
    rig.records[0].quota = saved[0].quota;
    rig.records[1].quota = saved[1].quota;
    rig.clock.advance(1h);
    SECTION("the figures go on from where they were, and are not asked for again too soon") {
        account::Pool next(rig.clock, {});
        next.load(rig.records);
        CHECK(next.view()[0].quota->remaining() == 5);
        CHECK_FALSE(next.next_usage_due(2h));
        CHECK(next.next_usage_due(1h));
        auto lease = next.lease({.wire_model = "m", .allowed_accounts = nullptr});
        REQUIRE(lease);
    }
    SECTION("a plan that was used up rests until its date") {
        rig.records[0].quota->used = 49.5;
        account::Pool next(rig.clock, {});
        next.load({rig.records[0]});
        CHECK_FALSE(next.lease({.wire_model = "m"}));
        CHECK(next.view()[0].state == State::exhausted);
        CHECK(next.view()[0].recovers_in == 47h);
        rig.clock.advance(47h);
        CHECK(next.lease({.wire_model = "m"}));
    }
    SECTION("unless it is to be used until upstream refuses") {
        rig.records[0].quota->used = 50;
        account::Pool next(rig.clock, {.when_exhausted = WhenExhausted::continue_});
        next.load({rig.records[0]});
        CHECK(next.lease({.wire_model = "m"}));
    }
}
