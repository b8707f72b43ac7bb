// Pool: groups of accounts, and why there is no account in them.
#include <set>

#include "tests/support/catch.hpp"
#include "tests/support/pool_rig.hpp"

using namespace kg;
using namespace std::chrono_literals;
using account::LeaseRequest;
using kiro::FailureClass;
using test::PoolRig;

namespace {

using Names = std::vector<std::string>;

/// a0 is in "red", a1 in "red" and "blue", a2 in "blue", a3 in none.
struct Grouped : PoolRig {
    explicit Grouped(account::PoolOptions options = {}) : PoolRig(4, options) {
        records[0].groups = {"red"};
        records[1].groups = {"red", "blue"};
        records[2].groups = {"blue"};
        pool.load(records);
    }
    std::set<std::string> reachable(const LeaseRequest& request) {
        std::set<std::string> out;
        std::vector<account::Lease> held;
        for (int i = 0; i < 32; ++i) {
            held.push_back(take(request));
            if (held.back()) out.insert(held.back().account_id());
        }
        return out;
    }
};

using Ids = std::set<std::string>;

}  // namespace

TEST_CASE("a request that is bound to groups gets their accounts alone, besides those it may use by id") {
    Grouped rig;
    const Names red{"red"}, blue{"blue"}, both{"blue", "red"}, gone{"green"}, third{"a3"}, first{"a0"}, none;
    CHECK(rig.reachable({.wire_model = "m", .allowed_groups = &red}) == Ids{"a0", "a1"});
    CHECK(rig.reachable({.wire_model = "m", .allowed_groups = &both}) == Ids{"a0", "a1", "a2"});
    CHECK(rig.reachable({.wire_model = "m", .allowed_accounts = &third, .allowed_groups = &blue}) ==
          Ids{"a1", "a2", "a3"});
    CHECK(rig.reachable({.wire_model = "m", .allowed_accounts = &first, .allowed_groups = &red}) ==
          Ids{"a0", "a1"});
    CHECK(rig.reachable({.wire_model = "m", .allowed_accounts = &none, .allowed_groups = &none}).size() == 4);
    const auto nothing = rig.pool.lease({.wire_model = "m", .allowed_groups = &gone});
    REQUIRE_FALSE(nothing);
    CHECK(nothing.error().kind == ErrorKind::no_account);
    CHECK(nothing.error().message == "no account is available to this key");
}

TEST_CASE("an account that changes its groups is found in the new ones at once") {
    Grouped rig;
    const Names red{"red"};
    rig.pool.set_models("a0", {"m"});
    rig.records[0].groups.clear();
    rig.records[3].groups = {"other", "red"};
    rig.pool.load(rig.records);
    CHECK(rig.reachable({.wire_model = "m", .allowed_groups = &red}) == Ids{"a1", "a3"});
    CHECK(rig.reachable({.wire_model = "m"}).size() == 4);
    rig.records.pop_back();
    rig.pool.load(rig.records);
    CHECK(rig.reachable({.wire_model = "m", .allowed_groups = &red}) == Ids{"a1"});
}

TEST_CASE("what is wrong with other groups is not told, and what is wrong with one's own is") {
    Grouped rig;
    const Names red{"red"}, blue{"blue"};
    rig.fail("a0", FailureClass::suspended);
    rig.fail("a1", FailureClass::rate_limited_user);
    auto none = rig.pool.lease({.wire_model = "m", .allowed_groups = &red});
    REQUIRE_FALSE(none);
    CHECK(none.error().kind == ErrorKind::no_account);
    CHECK(none.error().detail == "a0=suspended a1=cooling ");
    CHECK(none.error().retry_after <= 8s);
    CHECK(rig.reachable({.wire_model = "m", .allowed_groups = &blue}) == Ids{"a2"});
    const std::unordered_set<std::string> tried{"a1"};
    none = rig.pool.lease({.wire_model = "m", .allowed_groups = &red, .excluded = &tried});
    REQUIRE_FALSE(none);
    CHECK(none.error().kind == ErrorKind::account_suspended);
    CHECK(none.error().detail == "a0=suspended ");
}

TEST_CASE("a request that waits gets an account of its groups") {
    Grouped rig({.concurrency_max = 1});
    const Names red{"red"};
    auto first = rig.take({.wire_model = "m", .allowed_groups = &red});
    auto second = rig.take({.wire_model = "m", .allowed_groups = &red});
    REQUIRE(second);
    std::string got;
    auto ticket = rig.pool.wait({.wire_model = "m", .allowed_groups = &red}, rig.wakeup.door(),
                                [&](Result<account::Lease> lease) { got = lease->account_id(); });
    rig.run();
    CHECK(got.empty());  // a2 and a3 are free, and not for it
    const auto expected = first.account_id();
    first = {};
    rig.run();
    CHECK(got == expected);
}

TEST_CASE("E15: why none of 10,000 accounts serves is told without looking at all of them") {
    PoolRig rig(0);
    for (int i = 0; i < 10'000; ++i) {
        rig.records.push_back(test::pool_account("acc" + std::to_string(i), rig.clock));
        auto& record = rig.records.back();
        record.enabled = i % 4 != 0;
        record.state = i % 4 == 1 ? "suspended" : i % 4 == 2 ? "needs-sign-in" : "exhausted";
        record.state_until_ms = to_ms(rig.clock.wall() + 1h);
    }
    rig.pool.load(rig.records);
    const auto none = rig.pool.lease({.wire_model = "m"});
    REQUIRE_FALSE(none);
    CHECK(none.error().kind == ErrorKind::accounts_exhausted);
    CHECK(none.error().retry_after == 1h);
    CHECK(none.error().detail.starts_with("acc0=disabled acc1=suspended acc2=needs-sign-in acc3=exhausted "));
    CHECK(none.error().detail.ends_with(" and 9968 more"));
    for (int i = 0; i < 3'000; ++i) CHECK_FALSE(rig.pool.lease({.wire_model = "m"}));
}
