// Pool: what changes cost with many accounts.
#include <algorithm>

#include "tests/support/catch.hpp"
#include "tests/support/gateway_rig.hpp"
#include "tests/support/pool_rig.hpp"

using namespace kg;
using namespace std::chrono_literals;
using account::State;
using kiro::FailureClass;
using test::PoolRig;

namespace {

using Ids = std::vector<std::string>;

Ids ids_of(const account::Pool& pool) {
    Ids out;
    for (const auto& view : pool.view()) out.push_back(view.id);
    return out;
}

}  // namespace

TEST_CASE("E15: changes of some accounts leave the others as they are") {
    PoolRig rig(100);
    auto held = rig.take({.wire_model = "m"});
    const auto busy = held.account_id();
    rig.fail("a7", FailureClass::suspended);
    store::AccountChanges changes;
    changes.changed.push_back(test::pool_account("b0", rig.clock));
    changes.changed.push_back(rig.records[3]);
    changes.changed.back().enabled = false;
    changes.removed = {"a5", "never-was"};
    CHECK(rig.pool.apply(changes));
    CHECK(rig.pool.size() == 100);
    auto expected = Ids();
    for (int i = 0; i < 100; ++i) {
        if (i != 5) expected.push_back("a" + std::to_string(i));
    }
    expected.push_back("b0");
    CHECK(ids_of(rig.pool) == expected);
    CHECK(rig.view(busy).in_flight == 1);
    CHECK(rig.view("a7").state == State::suspended);
    CHECK_FALSE(rig.view("a3").usable);
    const Ids gone{"a5", "a3"}, fresh{"b0"};
    CHECK_FALSE(rig.pool.lease({.wire_model = "m", .allowed_accounts = &gone}));
    CHECK(rig.pool.lease({.wire_model = "m", .allowed_accounts = &fresh}));
    // A new token alone is no reason to ask for models.
    store::AccountChanges token;
    token.changed.push_back(rig.records[10]);
    token.changed.back().access_token = Secret("rotated");
    ++token.changed.back().token_generation;
    CHECK_FALSE(rig.pool.apply(token));
    CHECK(rig.pool.record("a10")->access_token.equals("rotated"));
}

TEST_CASE("E14: only what was measured since is told for the store, once") {
    PoolRig rig(10'000);
    CHECK(rig.pool.take_changed_health().empty());
    for (int i = 0; i < 200; ++i) rig.pool.report_success("a" + std::to_string(i));
    for (int i = 0; i < 200; ++i) rig.pool.report_success("a" + std::to_string(i));
    store::AccountChanges gone;
    gone.removed = {"a0", "a150"};
    rig.pool.apply(gone);
    CHECK(rig.pool.take_changed_health().size() == 198);
    CHECK(rig.pool.take_changed_health().empty());
}

TEST_CASE("E3, E4: accounts are told to refresh when it is time, soonest first, and no others") {
    PoolRig rig(0, {.refresh_lead = 10min});
    for (int i = 0; i < 1'000; ++i) {
        rig.records.push_back(test::pool_account("acc" + std::to_string(i), rig.clock));
        rig.records.back().expires_at_ms = to_ms(rig.clock.wall() + 24h);
    }
    rig.records[1].expires_at_ms = to_ms(rig.clock.wall() + 7min);
    rig.records[2].expires_at_ms = to_ms(rig.clock.wall() + 1min);
    rig.records[3].access_token = Secret();
    rig.records[4].access_token = Secret();
    rig.records[4].enabled = false;
    rig.records[5].access_token = Secret();
    rig.records[5].auth_method = "api-key";
    rig.records[6].access_token = Secret();
    rig.records[6].state = "needs-sign-in";
    rig.pool.load(rig.records);
    CHECK(rig.pool.take_refresh_due(2, 5s) == Ids{"acc3", "acc2"});
    CHECK(rig.pool.take_refresh_due(9, 5s) == Ids{"acc1"});
    CHECK(rig.pool.take_refresh_due(9, 5s).empty());
    rig.pool.postpone_refresh("acc2", 1h);
    auto fresh = rig.records[3];
    fresh.access_token = Secret("t");
    ++fresh.token_generation;
    rig.pool.tokens_saved("acc3", fresh);
    rig.clock.advance(5s);
    CHECK(rig.pool.take_refresh_due(9, 5s) == Ids{"acc1"});
    rig.clock.advance(1h);
    CHECK(rig.pool.take_refresh_due(9, 5s) == Ids{"acc1", "acc2"});
    // All in time, spread over a fifth of the lead around it.
    rig.clock.advance(24h - 1h - 5s - 12min);
    CHECK(rig.pool.take_refresh_due(2'000, 1h).size() < 100);
    rig.clock.advance(4min);
    CHECK(rig.pool.take_refresh_due(2'000, 1h).size() > 900);
}

TEST_CASE("E4: a herd of expired tokens is refreshed a few at a time, without a pause between") {
    test::GatewayRig rig(0);
    for (int i = 0; i < 12; ++i) rig.add_account("b" + std::to_string(i), 1min);
    rig.reload();
    rig.keeper.start();
    rig.settle();
    std::size_t most = 0;
    for (int turn = 0; turn < 30; ++turn) {
        most = std::max(most, rig.fetcher.active());
        for (std::size_t i = 0; i < rig.fetcher.count(); ++i) {
            if (rig.fetcher.call(i).alive())
                rig.fetcher.call(i).answer(200,
                                           R"({"accessToken":"new","refreshToken":"r","expiresIn":3600})");
        }
        rig.settle();
    }
    CHECK(rig.calls_to("refreshToken") == 12);
    CHECK(most == 4);
    for (const auto& record : rig.pool.records()) CHECK(record.access_token.equals("new"));
}
