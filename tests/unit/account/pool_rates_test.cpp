// Pool: requests and tokens of an account a minute.
#include <map>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/pool_rig.hpp"

using namespace kg;
using namespace std::chrono_literals;
using kiro::FailureClass;
using test::PoolRig;

namespace {

/// A lease whose call went upstream, given back.
std::string ask(PoolRig& rig, std::uint64_t reserve = 0, std::uint64_t use = 0) {
    auto lease = rig.pool.lease({.wire_model = "m", .tokens = reserve});
    if (!lease) return "none: " + std::string(error_name(lease.error().kind));
    lease->sending();
    lease->used_tokens(use);
    return lease->account_id();
}

}  // namespace

TEST_CASE("an account's rate grants exactly burst plus rate times time") {
    PoolRig rig(1, {.requests = {60, 10}});
    int granted = 0;
    for (int second = 0; second <= 120; ++second) {
        for (int i = 0; i < 20; ++i) granted += ask(rig) == "a0";
        rig.clock.advance(1s);
    }
    CHECK(granted == 10 + 120);
    CHECK(rig.view("a0").usable);
    CHECK(rig.view("a0").requests->per_minute == 60);
    CHECK(rig.view("a0").requests->burst == 10);
    CHECK_FALSE(rig.view("a0").tokens);
}

TEST_CASE("an account's own rate goes before the default one, and 0 lifts it") {
    PoolRig rig(3, {.requests = {2, 0}});
    rig.records[1].requests_per_minute = 5;
    rig.records[1].request_burst = 1;
    rig.records[2].requests_per_minute = 0;
    rig.pool.load(rig.records);
    CHECK(rig.view("a0").requests->burst == 2);
    CHECK(rig.view("a1").requests->per_minute == 5);
    CHECK(rig.view("a1").requests->burst == 1);
    CHECK_FALSE(rig.view("a2").requests);
    std::map<std::string, int> got;
    for (int i = 0; i < 30; ++i) ++got[ask(rig)];
    CHECK(got == std::map<std::string, int>{{"a0", 2}, {"a1", 1}, {"a2", 27}});
    SECTION("a changed limit takes hold at once, an unchanged one keeps its count") {
        rig.records[1].requests_per_minute = 6;
        rig.records[2].enabled = false;
        rig.pool.load(rig.records);
        CHECK(ask(rig) == "a1");
        CHECK(ask(rig) == "none: overloaded");
    }
    SECTION("the default is changed") {
        rig.pool.configure({});
        CHECK_FALSE(rig.view("a0").requests);
        CHECK(rig.view("a1").requests);
    }
}

TEST_CASE("while one account has requests left, no request is refused or waits") {
    PoolRig rig(10, {.requests = {60, 1}});
    for (int second = 0; second < 30; ++second) {
        for (int i = 0; i < 10; ++i) REQUIRE(ask(rig).starts_with("a"));
        CHECK(ask(rig) == "none: overloaded");
        rig.clock.advance(1s);
    }
}

TEST_CASE("when every account has reached its limit, the soonest refill is told") {
    PoolRig rig(3, {.requests = {1, 0}});
    rig.records[2].requests_per_minute = 4;
    rig.records[2].request_burst = 1;
    rig.pool.load(rig.records);
    for (int i = 0; i < 3; ++i) ask(rig);
    rig.clock.advance(5s);
    auto waits = rig.pool.lease({.wire_model = "m"});
    REQUIRE_FALSE(waits);
    CHECK(waits.error().kind == ErrorKind::overloaded);
    CHECK(waits.error().retry_after == 10s);
    CHECK(rig.pool.why_busy({.wire_model = "m"}).retry_after == 10s);
    // Who would not wait for so long is told at once.
    auto none = rig.pool.lease({.wire_model = "m", .patience = 9s});
    REQUIRE_FALSE(none);
    CHECK(none.error().kind == ErrorKind::no_account);
    CHECK(none.error().retry_after == 10s);
    CHECK(none.error().message.find("limit") != std::string::npos);
    CHECK(none.error().message.find("a2") == std::string::npos);
    CHECK(none.error().detail.find("a2=limit-reached") != std::string::npos);
    const std::vector<std::string> only{"a0"};
    auto other = rig.pool.lease({.wire_model = "m", .allowed_accounts = &only, .patience = 9s});
    REQUIRE_FALSE(other);
    CHECK(other.error().retry_after == 55s);
    CHECK(rig.view("a2").refills_in == 10s);
    CHECK(rig.view("a2").usable);
    CHECK(rig.pool.any_usable());
    rig.clock.advance(10s);
    CHECK(ask(rig) == "a2");
}

TEST_CASE("a limit that is reached and a model that is not offered are told apart") {
    PoolRig rig(2, {.requests = {1, 0}});
    rig.pool.set_models("a0", {"opus"});
    rig.pool.set_models("a1", {"haiku"});
    CHECK(rig.pick({.wire_model = "opus"}) == "a0");  // given back unused
    CHECK(rig.pick({.wire_model = "opus"}) == "a0");
    auto lease = rig.take({.wire_model = "opus"});
    lease.sending();
    lease = {};
    CHECK(rig.pick({.wire_model = "opus", .patience = 1s}) == "none: no_account");
    CHECK(rig.pick({.wire_model = "sonnet", .patience = 1s}) == "none: model_not_found");
    CHECK(rig.pick({.wire_model = "haiku"}) == "a1");
}

TEST_CASE("tokens a minute: the prompt is taken at once, the answer when it is known") {
    PoolRig rig(1, {.tokens_per_minute = 600});
    CHECK(rig.pool.counts_tokens());
    auto lease = rig.take({.wire_model = "m", .tokens = 500});
    CHECK(rig.view("a0").tokens->available == 100);
    SECTION("it used more: the excess is made up for") {
        lease.sending();
        lease.used_tokens(700);
        lease = {};
        CHECK(rig.view("a0").tokens->available == 0);
        CHECK(rig.view("a0").refills_in == 10'100ms);  // 100 of debt and one, at ten a second
        CHECK(ask(rig) == "none: overloaded");
        rig.clock.advance(10'100ms);
        CHECK(ask(rig) == "a0");
    }
    SECTION("it used less") {
        lease.sending();
        lease.used_tokens(50);
        lease = {};
        CHECK(rig.view("a0").tokens->available == 550);
    }
    SECTION("it was refused: nothing is counted") {
        lease.sending();
        lease = {};
        CHECK(rig.view("a0").tokens->available == 600);
    }
    SECTION("a prompt larger than what is left passes once, and the next waits") {
        auto second = rig.take({.wire_model = "m", .tokens = 400});
        REQUIRE(second);
        CHECK(ask(rig) == "none: overloaded");
    }
    SECTION("nothing is asked for once no account limits tokens") {
        rig.pool.configure({});
        CHECK_FALSE(rig.pool.counts_tokens());
    }
}

TEST_CASE("every call of a lease counts, and one that made none counts nothing") {
    PoolRig rig(1, {.requests = {60, 5}});
    auto lease = rig.take();
    CHECK(rig.view("a0").requests->available == 4);
    SECTION("no call") {
        lease = {};
        CHECK(rig.view("a0").requests->available == 5);
    }
    SECTION("three calls") {
        for (int i = 0; i < 3; ++i) lease.sending();
        lease = {};
        CHECK(rig.view("a0").requests->available == 2);
    }
    SECTION("a lease that moved") {
        lease.sending();
        account::Lease other = std::move(lease);
        other.sending();
        other = {};
        CHECK(rig.view("a0").requests->available == 3);
    }
}

TEST_CASE("an empty account keeps its conversations, and a disabled one is not waited for") {
    PoolRig rig(2, {.requests = {60, 1}, .sticky_ttl = 10min});
    const account::LeaseRequest turn{.wire_model = "m", .session = 7};
    const auto first = [&] {
        auto lease = rig.take(turn);
        lease.sending();
        return lease.account_id();
    };
    const auto home = first();
    CHECK(first() != home);  // elsewhere rather than late
    rig.clock.advance(1s);
    CHECK(first() == home);
    CHECK(first() != home);
    for (auto& record : rig.records) record.enabled = record.id == home;
    rig.pool.load(rig.records);
    CHECK(rig.pick(turn) == "none: overloaded");
    rig.records[0].enabled = rig.records[1].enabled = false;
    rig.pool.load(rig.records);
    CHECK(rig.pick(turn) == "none: no_account");
}

TEST_CASE("those who wait are served when an account refills, before those who come then") {
    PoolRig rig(1, {.requests = {60, 1}});
    CHECK(ask(rig) == "a0");
    std::vector<std::string> order;
    std::vector<account::Lease> leases;
    std::vector<account::LeaseTicket> tickets;
    for (const auto* name : {"one", "two"}) {
        auto ticket = rig.pool.wait({.wire_model = "m", .key = name}, rig.wakeup.door(),
                                    [&, name](Result<account::Lease> lease) {
                                        order.emplace_back(name);
                                        REQUIRE(lease);
                                        lease->sending();
                                        leases.push_back(std::move(*lease));
                                    });
        REQUIRE(ticket);
        tickets.push_back(std::move(*ticket));
    }
    rig.run();
    CHECK(order.empty());
    rig.clock.advance(1s);
    CHECK(ask(rig) == "none: overloaded");  // it was not its turn
    rig.run();
    CHECK(order == std::vector<std::string>{"one"});
    rig.clock.advance(1s);
    rig.pool.tick();
    rig.run();
    CHECK(order == std::vector<std::string>{"one", "two"});
    CHECK(rig.pool.waiting() == 0);
}

TEST_CASE("with 10,000 empty accounts a request costs no look at all of them") {
    PoolRig rig(10'000, {.requests = {1, 0}, .seed = 1});
    for (int i = 0; i < 10'000; ++i) REQUIRE(ask(rig).starts_with("a"));
    const auto before = rig.pool.examined();
    for (int i = 0; i < 1'000; ++i) CHECK(ask(rig) == "none: overloaded");
    CHECK(rig.pool.examined() == before);
    rig.clock.advance(60s);
    CHECK(ask(rig).starts_with("a"));
}
