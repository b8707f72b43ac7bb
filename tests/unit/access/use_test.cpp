// What the store says of a key's use, and when it was said.
#include "core/access/authenticator.hpp"
#include "core/store/open.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/manual_clock.hpp"

using namespace kg;
using namespace std::chrono_literals;

TEST_CASE("what was read before midnight and arrives after it is charged to the day before") {
    test::ManualClock clock;
    access::Authenticator access(clock);
    const auto here = *IpAddress::parse("192.0.2.1");
    auto stores = store::open_memory();
    store::Key key;
    key.id = "key_1";
    key.key_hash = sha256("kg-key_1");
    key.quota(Period::day).credits = 5;
    REQUIRE(stores->keys().add(key));
    clock.advance(24h - 1ms);
    store::RequestRecord record;
    record.request_id = "req_1";
    record.key_id = key.id;
    record.started_at_ms = to_ms(clock.wall());
    record.credits = 5;
    REQUIRE(stores->usage().record({record}));
    const auto keys = access::read_keys(*stores, clock.wall());
    REQUIRE(keys);
    clock.advance(2ms);
    const auto once = [&](const access::Principal& p, double credits) {
        auto admitted = access.admit(p, here);
        if (!admitted) return admitted.error().limit;
        admitted->settle(credits, 0);
        return std::string("ok");
    };
    const auto used = [&](const access::Principal& p) { return access.usage(p).limits.at(0).used; };
    SECTION("by the poll") {
        access.load({key});
        const auto p = *access.authenticate("kg-key_1", here);
        CHECK(once(p, 1.0) == "ok");
        auto running = access.admit(p, here);
        access.learn_use(*keys);
        CHECK(used(p) == 1.0);
    }
    SECTION("by a reload, which keeps what today's requests have used and hold") {
        access.load({key});
        const auto p = *access.authenticate("kg-key_1", here);
        CHECK(once(p, 4.0) == "ok");
        auto running = access.admit(p, here);
        access.load(*keys);
        CHECK(used(p) == 4.0);
        CHECK(once(p, 0) == "key.credits_per_day");
    }
    SECTION("at the start") {
        access.load(*keys);
        CHECK(once(*access.authenticate("kg-key_1", here), 0) == "ok");
    }
}
