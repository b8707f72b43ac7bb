#include "core/account/pool.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/pool_rig.hpp"

using namespace kg;
using namespace std::chrono_literals;
using account::Pool;
using account::State;
using kiro::FailureClass;

namespace {

struct Fixture : test::PoolRig {
    using PoolRig::PoolRig;
    std::string pick(std::string_view model = "m") {
        auto lease = pool.lease({.wire_model = model});
        return lease ? lease->account_id() : "none: " + std::string(error_name(lease.error().kind));
    }
    State state(std::string_view id) { return view(id).state; }
    unsigned in_flight() {
        unsigned n = 0;
        for (const auto& v : pool.view()) n += v.in_flight;
        return n;
    }
};

}  // namespace

TEST_CASE("A4: a lease is given back by its destructor, however it ends") {
    Fixture f;
    for (int i = 0; i < 100; ++i) {
        auto lease = f.pool.lease({.wire_model = "m"});
        REQUIRE(lease);
        CHECK(f.in_flight() == 1);
        account::Lease moved = std::move(*lease);
        f.pool.report_failure(moved.account_id(), "m", test::pool_failure(FailureClass::malformed));
    }
    CHECK(f.in_flight() == 0);
}

TEST_CASE("E6: a disabled account is never used, not even when nothing else is there") {
    Fixture f(1);
    auto record = test::pool_account("a0", f.clock);
    record.enabled = false;
    f.pool.load({record});
    auto lease = f.pool.lease({.wire_model = "m"});
    REQUIRE_FALSE(lease);
    CHECK(lease.error().kind == ErrorKind::no_account);
    CHECK(lease.error().retry_after);
    CHECK(lease.error().message.find("a0") == std::string::npos);  // the tenant learns no account names
    CHECK(lease.error().detail.find("a0=disabled") != std::string::npos);
}

TEST_CASE("E3: a cooled-down account comes back by itself") {
    Fixture f(1);
    for (int i = 0; i < 5; ++i) f.pool.report_failure("a0", "m", test::pool_failure(FailureClass::transient));
    CHECK(f.pick() == "none: no_account");
    f.clock.advance(31s);
    CHECK(f.pick() == "a0");
    f.pool.report_success("a0");
    CHECK(f.state("a0") == State::ok);
}

TEST_CASE("A12: cool-downs run on the steady clock: a clock step changes nothing") {
    Fixture f(1);
    f.pool.report_failure("a0", "m", test::pool_failure(FailureClass::throttled));
    f.clock.step_wall(24h);
    CHECK(f.pick() == "none: no_account");
    f.clock.step_wall(-48h);
    f.clock.advance(31s);
    CHECK(f.pick() == "a0");
}

TEST_CASE("throttling doubles the pause up to its cap and honours Retry-After") {
    Fixture f(1);
    auto throttle = test::pool_failure(FailureClass::rate_limited_user);
    f.pool.report_failure("a0", "m", throttle);
    f.clock.advance(8s);
    CHECK(f.pick() == "a0");
    f.pool.report_failure("a0", "m", throttle);
    f.clock.advance(8s);
    CHECK(f.pick() != "a0");
    f.clock.advance(8s);
    CHECK(f.pick() == "a0");
    throttle.retry_after = 600s;
    f.pool.report_failure("a0", "m", throttle);
    f.clock.advance(599s);
    CHECK(f.pick() != "a0");
    f.clock.advance(1s);
    CHECK(f.pick() == "a0");
}

TEST_CASE("an exhausted quota comes back on the first of the next month, a daily one at midnight") {
    Fixture f(1);
    f.pool.report_failure("a0", "m",
                          test::pool_failure(FailureClass::quota_exhausted, "MONTHLY_REQUEST_COUNT"));
    auto none = f.pool.lease({.wire_model = "m"});
    REQUIRE_FALSE(none);
    CHECK(none.error().kind == ErrorKind::accounts_exhausted);
    CHECK(*none.error().retry_after == 31 * 24h);
    REQUIRE(f.changes.size() == 1);
    CHECK(f.changes[0].state == State::exhausted);
    f.clock.advance(31 * 24h);
    CHECK(f.pick() == "a0");
    f.pool.report_success("a0");
    f.clock.advance(5h);
    f.pool.report_failure("a0", "m",
                          test::pool_failure(FailureClass::quota_exhausted, "DAILY_REQUEST_COUNT"));
    f.clock.advance(18h);
    CHECK(f.pick() != "a0");
    f.clock.advance(1h);
    CHECK(f.pick() == "a0");
}

TEST_CASE("a suspended account stays out, whatever time passes or succeeds late") {
    Fixture f(1);
    f.pool.report_failure("a0", "m", test::pool_failure(FailureClass::suspended));
    f.pool.report_success("a0");
    f.clock.advance(1000h);
    auto none = f.pool.lease({.wire_model = "m"});
    REQUIRE_FALSE(none);
    CHECK(none.error().kind == ErrorKind::account_suspended);
}

TEST_CASE("the CLI's reset is newer than our verdict and wins") {
    Fixture f(1);
    f.pool.report_failure("a0", "m", test::pool_failure(FailureClass::suspended));
    auto record = test::pool_account("a0", f.clock);
    record.state = "unknown";
    record.state_since_ms = to_ms(f.clock.wall()) + 1;
    f.pool.load({record});
    CHECK(f.pick() == "a0");
}

TEST_CASE("57: a malformed request never costs an account anything") {
    Fixture f(1);
    for (int i = 0; i < 100; ++i)
        f.pool.report_failure("a0", "m", test::pool_failure(FailureClass::malformed));
    CHECK(f.pool.view()[0].health == 80);
    CHECK(f.pick() == "a0");
}

TEST_CASE("65: a model is asked of an account that lists it, a refused one is left alone for an hour") {
    Fixture f(2);
    f.pool.set_models("a0", {"haiku"});
    f.pool.set_models("a1", {"haiku", "opus"});
    for (int i = 0; i < 10; ++i) CHECK(f.pick("opus") == "a1");
    f.pool.report_failure("a1", "opus", test::pool_failure(FailureClass::invalid_model));
    CHECK(f.pick("opus") == "none: model_not_found");
    f.clock.advance(1h);
    CHECK(f.pick("opus") == "a1");
}

TEST_CASE("allowed accounts are an intersection, never the whole pool") {
    Fixture f(3);
    const std::vector<std::string> allowed{"a2"}, unknown{"gone"};
    for (int i = 0; i < 10; ++i)
        CHECK(f.pool.lease({.wire_model = "m", .allowed_accounts = &allowed})->account_id() == "a2");
    CHECK_FALSE(f.pool.lease({.wire_model = "m", .allowed_accounts = &unknown}));
}

TEST_CASE("an expired token asks for a refresh and is never sent") {
    Fixture f(1);
    auto record = test::pool_account("a0", f.clock);
    record.expires_at_ms = to_ms(f.clock.wall() + 30s);
    f.pool.load({record});
    CHECK(f.pool.lease({.wire_model = "m"})->needs_refresh());
    record.expires_at_ms = to_ms(f.clock.wall() + 5min);
    f.pool.load({record});
    auto lease = f.pool.lease({.wire_model = "m"});
    CHECK_FALSE(lease->needs_refresh());
    CHECK(lease->refresh_soon());
}

TEST_CASE("E2: three refused tokens in a row mean that the login is lost") {
    Fixture f(1);
    for (int i = 0; i < 2; ++i)
        f.pool.report_failure("a0", "m", test::pool_failure(FailureClass::token_dead));
    CHECK(f.pick() == "a0");
    f.pool.report_failure("a0", "m", test::pool_failure(FailureClass::token_dead));
    CHECK(f.state("a0") == State::needs_sign_in);
}

TEST_CASE("E6: a late refusal for lack of credits does not bring a suspended account back") {
    for (const auto cls : {FailureClass::suspended, FailureClass::login_lost}) {
        Fixture f(1);
        auto first = f.take(), late = f.take();
        const auto began = f.clock.steady();
        f.pool.report_failure(first, began, "m", test::pool_failure(cls));
        const auto out = f.state("a0");
        f.pool.report_failure(late, began, "m", test::pool_failure(FailureClass::quota_exhausted));
        CHECK(f.state("a0") == out);
        f.clock.advance(24h * 40);
        CHECK(f.pick().starts_with("none"));
    }
}

TEST_CASE("65: a model whose account only rests is not missing: the client is told when to come back") {
    Fixture f(2);
    f.pool.set_models("a0", {"opus", "haiku"});
    f.pool.set_models("a1", {"haiku"});
    SECTION("cooling") {
        f.pool.report_failure("a0", "opus", test::pool_failure(FailureClass::throttled));
        auto lease = f.pool.lease({.wire_model = "opus"});
        REQUIRE_FALSE(lease);
        CHECK(lease.error().kind == ErrorKind::no_account);
        CHECK(lease.error().retry_after == 30s);
        CHECK(lease.error().detail.find("a0=cooling") != std::string::npos);
        CHECK(lease.error().detail.find("a1=model-not-offered") != std::string::npos);
    }
    SECTION("exhausted") {
        f.pool.report_failure("a0", "opus", test::pool_failure(FailureClass::quota_exhausted));
        auto lease = f.pool.lease({.wire_model = "opus"});
        REQUIRE_FALSE(lease);
        CHECK(lease.error().kind == ErrorKind::accounts_exhausted);
        CHECK(lease.error().retry_after);
    }
    SECTION("resting, and without the model all the same") {
        f.pool.report_failure("a1", "haiku", test::pool_failure(FailureClass::throttled));
        f.pool.set_models("a0", {"haiku"});
        auto lease = f.pool.lease({.wire_model = "opus"});
        REQUIRE_FALSE(lease);
        CHECK(lease.error().kind == ErrorKind::model_not_found);
        CHECK_FALSE(lease.error().retry_after);
    }
    SECTION("suspended: nobody knows when it comes back") {
        f.pool.report_failure("a0", "opus", test::pool_failure(FailureClass::suspended));
        CHECK(f.pick("opus") == "none: model_not_found");
    }
}

TEST_CASE("E3: what the store says late of our own verdict is no news") {
    Fixture f(1);
    auto late = f.take();
    const auto began = f.clock.steady();
    f.clock.advance(1s);
    f.pool.report_failure(late, f.clock.steady(), "m", test::pool_failure(FailureClass::quota_exhausted));
    REQUIRE(f.state("a0") == State::exhausted);
    f.pool.load(f.records);  // was read before the verdict had been written
    CHECK(account::parse_state(f.pool.record("a0")->state) == State::exhausted);
    auto stored = f.records;
    stored[0].state = "exhausted";
    stored[0].state_reason = f.changes.back().reason;
    stored[0].state_since_ms = f.changes.back().since_ms;
    stored[0].state_until_ms = f.changes.back().until_ms;
    f.pool.load(stored);
    f.pool.report_success(late, began);  // began before the account went out: proves nothing
    CHECK(f.state("a0") == State::exhausted);
    CHECK(f.pick() == "none: accounts_exhausted");
}
