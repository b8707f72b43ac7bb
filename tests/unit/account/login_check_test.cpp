// Asking upstream whether a login works.
#include "core/account/login_check.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/gateway_rig.hpp"

using namespace kg;
using namespace std::chrono_literals;
using account::State;

namespace {

constexpr const char* kPlan =
    R"({"usageBreakdownList":[{"resourceType":"CREDIT","usageLimit":1000,"currentUsage":12.5}],)"
    R"("subscriptionInfo":{"subscriptionTitle":"KIRO PRO"}})";

struct Check {
    explicit Check(test::GatewayRig& rig, const std::string& id = "a0")
        : check({rig.loop, rig.fetcher, rig.keeper, rig.pool, rig.clock, rig.upstream}, id,
                [this](Result<kiro::Usage> result) { answer = std::move(result); }) {
        rig.settle();
    }
    std::optional<Result<kiro::Usage>> answer;
    account::LoginCheck check;
};

}  // namespace

TEST_CASE("a login that works tells its plan, and the pool learns it") {
    test::GatewayRig rig(1);
    Check check(rig);
    REQUIRE(rig.fetcher.count() == 1);
    CHECK(rig.fetcher.last().has_header("authorization: Bearer access-a0"));
    CHECK_FALSE(check.answer);
    rig.fetcher.last().answer(200, kPlan);
    rig.settle();
    REQUIRE(check.answer);
    REQUIRE(*check.answer);
    CHECK((**check.answer).limit == 1000);
    CHECK((**check.answer).plan == "KIRO PRO");
    const auto view = rig.pool.view()[0];
    CHECK(view.state == State::ok);
    REQUIRE(view.quota);
    CHECK(view.quota->remaining() == 987.5);
}

TEST_CASE("a lost login that works again is in service, a suspension stays") {
    test::GatewayRig rig(1);
    SECTION("lost") {
        rig.pool.report_login_lost("a0", "refused");
        Check check(rig);
        rig.fetcher.last().answer(200, kPlan);
        rig.settle();
        CHECK(rig.pool.view()[0].state == State::ok);
    }
    SECTION("suspended") {
        kiro::Failure failure;
        failure.cls = kiro::FailureClass::suspended;
        rig.pool.report_failure("a0", "", failure);
        Check check(rig);
        rig.fetcher.last().answer(200, kPlan);
        rig.settle();
        REQUIRE(check.answer);
        CHECK(*check.answer);
        CHECK(rig.pool.view()[0].state == State::suspended);
    }
    SECTION("suspended only now") {
        Check check(rig);
        rig.fetcher.last().answer(403, R"({"reason":"TEMPORARILY_SUSPENDED","message":"suspended"})");
        rig.settle();
        REQUIRE(check.answer);
        CHECK(check.answer->error().kind == ErrorKind::account_suspended);
        CHECK(rig.pool.view()[0].state == State::suspended);
    }
}

TEST_CASE("a login that is refused is told as lost, and one that is gone as gone") {
    test::GatewayRig rig(0);
    rig.add_account("old", -1h);
    rig.reload();
    {
        Check check(rig, "old");
        REQUIRE(rig.fetcher.count() == 1);
        rig.fetcher.last().answer(400, R"({"error":"invalid_grant"})");
        rig.settle();
        REQUIRE(check.answer);
        CHECK_FALSE(*check.answer);
        CHECK(rig.pool.view()[0].state == State::needs_sign_in);
    }
    Check none(rig, "nobody");
    REQUIRE(none.answer);
    CHECK(none.answer->error().kind == ErrorKind::no_account);
}

TEST_CASE("a check that is given up cancels its call") {
    test::GatewayRig rig(1);
    {
        const Check check(rig);
        CHECK(rig.fetcher.active() == 1);
    }
    CHECK(rig.fetcher.active() == 0);
    rig.settle();
}
