// Pool: whom it chooses, and what the choice costs.
#include <algorithm>
#include <map>
#include <unordered_set>

#include "tests/support/catch.hpp"
#include "tests/support/pool_rig.hpp"

using namespace kg;
using namespace std::chrono_literals;
using account::Scheduling;
using kiro::FailureClass;
using test::PoolRig;

namespace {

constexpr Scheduling kModes[] = {Scheduling::smart, Scheduling::priority, Scheduling::balanced};

/// Accounts looked at by one lease, at most over `times` leases that stay held.
std::uint64_t dearest(PoolRig& rig, int times, const account::LeaseRequest& request,
                      std::vector<account::Lease>& held) {
    std::uint64_t most = 0;
    for (int i = 0; i < times; ++i) {
        const auto before = rig.pool.examined();
        held.push_back(rig.take(request));
        if (!held.back()) return ~0ull;
        most = std::max(most, rig.pool.examined() - before);
    }
    return most;
}

}  // namespace

TEST_CASE("E15: of 10,000 accounts a choice looks at 64 at most, in every mode and state of the pool") {
    for (const auto mode : kModes) {
        PoolRig rig(10'000, {.scheduling = mode, .concurrency_max = 2, .seed = 42});
        std::vector<account::Lease> held;
        CHECK(dearest(rig, 500, {.wire_model = "m"}, held) <= 64);
        // Most of the pool is out: it is no longer looked at.
        for (int i = 100; i < 9'900; ++i) rig.fail("a" + std::to_string(i), FailureClass::throttled);
        CHECK(dearest(rig, 100, {.wire_model = "m"}, held) <= 64);
        // One account of the rest lists the model.
        for (int i = 0; i < 10'000; ++i)
            rig.pool.set_models("a" + std::to_string(i), {i == 9'950 ? "opus" : "haiku"});
        std::vector<account::Lease> opus;
        CHECK(dearest(rig, 1, {.wire_model = "opus"}, opus) <= 64);
        CHECK(opus[0].account_id() == "a9950");
        // Excluded accounts are stepped over.
        std::unordered_set<std::string> excluded;
        std::vector<account::Lease> again;
        for (int i = 0; i < 9; ++i) {
            CHECK(dearest(rig, 1, {.wire_model = "haiku", .excluded = &excluded}, again) <= 73);
            CHECK(excluded.insert(again.back().account_id()).second);
        }
    }
}

TEST_CASE("E15: the time of a choice among 10,000 accounts", "[.bench]") {
    constexpr int kTimes = 200'000;
    for (const auto mode : kModes) {
        PoolRig rig(10'000, {.scheduling = mode, .seed = 1});
        const SystemClock clock;
        const auto began = clock.steady();
        for (int i = 0; i < kTimes; ++i) rig.pick();
        const std::chrono::duration<double, std::micro> took = clock.steady() - began;
        WARN(account::scheduling_name(mode) << ": " << took.count() / kTimes << " us");
    }
}

TEST_CASE("E15: sampling spreads load as evenly as looking at everything") {
    PoolRig rig(10'000, {.scheduling = Scheduling::balanced, .seed = 7});
    std::vector<account::Lease> held;
    std::map<std::string, int> load;
    for (int i = 0; i < 20'000; ++i) {
        held.push_back(rig.take());
        ++load[held.back().account_id()];
    }
    CHECK(load.size() > 9'900);
    for (const auto& [id, n] : load) CHECK(n <= 4);
}

TEST_CASE("E10: mode priority keeps to the first account, and goes on in order when it is out or full") {
    PoolRig rig(80, {.scheduling = Scheduling::priority, .concurrency_max = 2});
    for (int i = 0; i < 5; ++i) CHECK(rig.pick() == "a0");
    auto one = rig.take(), two = rig.take();
    CHECK(rig.pick() == "a1");
    rig.fail("a1", FailureClass::quota_exhausted);
    CHECK(rig.pick() == "a2");
    rig.records[79].priority = -1;
    rig.pool.load(rig.records);
    CHECK(rig.pick() == "a79");
    one = {};
    rig.records[79].enabled = false;
    rig.pool.load(rig.records);
    CHECK(rig.pick() == "a0");
}

TEST_CASE("E10: a changed mode holds from the next request on") {
    PoolRig rig(3);
    CHECK(rig.pick() == "a0");
    CHECK(rig.pick() == "a1");
    rig.pool.configure({.scheduling = Scheduling::priority});
    for (int i = 0; i < 3; ++i) CHECK(rig.pick() == "a0");
    rig.pool.configure({.scheduling = Scheduling::balanced});
    std::vector<account::Lease> held;
    std::map<std::string, int> load;
    for (int i = 0; i < 9; ++i) {
        held.push_back(rig.take());
        ++load[held.back().account_id()];
    }
    CHECK(load == std::map<std::string, int>{{"a0", 3}, {"a1", 3}, {"a2", 3}});
}

TEST_CASE("E3: an account that failed and recovered is asked again while others are fine") {
    PoolRig rig(3);
    rig.fail("a0", FailureClass::transient, 5);
    CHECK(rig.view("a0").circuit == account::Circuit::open);
    std::map<std::string, int> used;
    for (int second = 0; second < 20 * 60; ++second) {
        rig.clock.advance(1s);
        auto lease = rig.take();
        REQUIRE(lease);
        ++used[lease.account_id()];
        rig.pool.report_success(lease, rig.clock.steady());
    }
    CHECK(used["a0"] > 100);
    CHECK(rig.view("a0").circuit == account::Circuit::closed);
    // Without requests it is the same: nothing but time is needed.
    rig.fail("a1", FailureClass::transient, 50);
    rig.clock.advance(24h);
    CHECK(rig.view("a1").usable);
    CHECK(rig.view("a1").health == 80);
}

TEST_CASE("E14: health outlives a restart") {
    PoolRig rig(2);
    rig.fail("a0", FailureClass::throttled, 3);
    auto batch = rig.pool.take_changed_health();
    REQUIRE(batch.size() == 1);
    CHECK(batch[0].id == "a0");
    CHECK(batch[0].health == rig.view("a0").health);
    CHECK(rig.pool.take_changed_health().empty());
    rig.records[0].health = batch[0].health;
    rig.records[0].health_at_ms = batch[0].at_ms;
    rig.clock.advance(10min);
    account::Pool next(rig.clock);
    next.load(rig.records);
    CHECK(next.view()[0].health == rig.view("a0").health);
    CHECK(next.view()[0].health < 80);
}

TEST_CASE("E10: a conversation stays with its account, until it fails, is slow, or the time is over") {
    PoolRig rig(5, {.sticky_ttl = 10min});
    const account::LeaseRequest talk{.wire_model = "m", .session = 77};
    const auto home = rig.pick(talk);
    for (int i = 0; i < 20; ++i) {
        rig.clock.advance(9min);
        CHECK(rig.pick(talk) == home);
        CHECK(rig.pick() != home);  // others are spread as before
    }
    SECTION("too long a silence") {
        rig.clock.advance(10min);
        CHECK(rig.pick(talk) != home);
    }
    SECTION("a failure of the account") {
        auto lease = rig.take(talk);
        rig.pool.report_failure(lease, rig.clock.steady(), "m", test::pool_failure(FailureClass::transient));
        lease = {};
        CHECK(rig.pick(talk) != home);
    }
    SECTION("a mistake of the client is none") {
        auto lease = rig.take(talk);
        rig.pool.report_failure(lease, rig.clock.steady(), "m", test::pool_failure(FailureClass::malformed));
        lease = {};
        CHECK(rig.pick(talk) == home);
    }
    SECTION("persistent slowness, not a single slow answer") {
        for (int i = 0; i < 20; ++i) {
            auto quick = rig.take();
            rig.pool.report_first_event(quick, rig.clock.steady());
            rig.clock.advance(200ms);
            rig.pool.report_first_event(quick, rig.clock.steady() - 200ms);
        }
        for (int i = 0; i < 3; ++i) {
            CHECK(rig.pick(talk) == home);
            auto lease = rig.take(talk);
            rig.pool.report_first_event(lease, rig.clock.steady() - 60s);
        }
        CHECK(rig.pick(talk) != home);
    }
    SECTION("no longer allowed, or not offering the model") {
        const std::vector<std::string> others{home == "a0" ? "a1" : "a0"};
        CHECK(rig.pick({.wire_model = "m", .allowed_accounts = &others, .session = 77}) == others[0]);
    }
    SECTION("a full account keeps its conversation") {
        for (auto& record : rig.records) record.max_concurrency = 1;
        rig.pool.load(rig.records);
        auto held = rig.take(talk);
        CHECK(held.account_id() == home);
        CHECK(rig.pick(talk) != home);
        held = {};
        CHECK(rig.pick(talk) == home);
    }
    SECTION("off") {
        rig.pool.configure({});
        CHECK(rig.pick(talk) != rig.pick(talk));
    }
}

TEST_CASE("sticky sessions are bounded, the one unused for longest goes first") {
    account::StickySessions sessions(3);
    const SteadyTime now{1000s};
    for (std::uint64_t i = 1; i <= 3; ++i) sessions.remember(i, "a" + std::to_string(i), now, 60s);
    sessions.remember(1, "b1", now, 60s);
    sessions.remember(4, "a4", now, 60s);
    CHECK(sessions.size() == 3);
    CHECK(sessions.find(1, now) == "b1");
    CHECK(sessions.find(2, now).empty());
    CHECK(sessions.find(3, now + 60s).empty());
    CHECK(sessions.size() == 2);
}
