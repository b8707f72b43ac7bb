// Many login checks at once.
#include "core/account/login_checks.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/gateway_rig.hpp"

using namespace kg;

namespace {

constexpr const char* kPlan =
    R"({"usageBreakdownList":[{"resourceType":"CREDIT","usageLimit":1000,"currentUsage":12.5}]})";

}  // namespace

TEST_CASE("login checks run four at a time, in their order, and what waits is bounded") {
    test::GatewayRig rig(6);
    std::vector<std::string> told;
    int refused = 0;
    {
        account::LoginChecks checks({rig.loop, rig.fetcher, rig.keeper, rig.pool, rig.clock, rig.upstream});
        const auto check = [&](const std::string& id) {
            checks.check(id, rig.wakeup.door(), [&, id](Result<kiro::Usage> usage) {
                refused += !usage && usage.error().kind == ErrorKind::overloaded;
                if (usage) told.push_back(id);
            });
        };
        for (int i = 0; i < 6; ++i) check("a" + std::to_string(i));
        rig.settle();
        REQUIRE(rig.fetcher.count() == account::LoginChecks::kAtOnce);
        rig.fetcher.call(2).answer(200, kPlan);
        rig.settle();
        CHECK(told == std::vector<std::string>{"a2"});
        REQUIRE(rig.fetcher.count() == 5);
        CHECK(rig.fetcher.call(4).has_header("authorization: Bearer access-a4"));
        rig.fetcher.call(0).answer(200, kPlan);
        rig.settle();
        CHECK(rig.fetcher.count() == 6);
        for (std::size_t i = 0; i < account::LoginChecks::kWaitingMax + 10; ++i) check("a0");
        rig.settle();
        CHECK(refused == 10);
        CHECK(rig.fetcher.count() == 6);
    }
    // Whoever waited is not called.
    CHECK(rig.fetcher.call(5).cancelled);
    rig.settle();
    CHECK(told.size() == 2);
}
