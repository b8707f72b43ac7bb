#include "daemon/admin/attempts.hpp"

#include "tests/support/catch.hpp"

using namespace kg;
using namespace std::chrono_literals;

namespace {

IpAddress address(const std::string& text) {
    return IpAddress::parse(text).value();
}

}  // namespace

TEST_CASE("B9: wrong passwords wait longer and longer, by address") {
    admin::Attempts attempts;
    SteadyTime now{1h};
    const auto bad = address("192.0.2.1");
    for (int i = 0; i < 3; ++i) CHECK_FALSE(attempts.begin(bad, now));
    auto delay = 1'000ms;
    for (int i = 0; i < 10; ++i) {
        const auto wait = attempts.begin(bad, now);
        REQUIRE(wait);
        CHECK(*wait == delay);
        CHECK(attempts.begin(bad, now + *wait - 1ms) == 1ms);
        now += *wait;
        CHECK_FALSE(attempts.begin(bad, now));
        delay = std::min(delay * 2, std::chrono::milliseconds(15min));
        CHECK_FALSE(attempts.begin(address("198.51.100." + std::to_string(i)), now));
    }
    CHECK_FALSE(attempts.begin(bad, now + 3h));  // forgotten
}

TEST_CASE("B9: a right password clears its address, and an IPv6 network is one address") {
    admin::Attempts attempts;
    const SteadyTime now{1h};
    for (int i = 0; i < 20; ++i) {
        CHECK_FALSE(attempts.begin(address("192.0.2.1"), now));
        attempts.right(address("192.0.2.1"), now);
    }
    for (int i = 0; i < 3; ++i) CHECK_FALSE(attempts.begin(address("2001:db8::" + std::to_string(i)), now));
    CHECK(attempts.begin(address("2001:db8::ffff"), now));
    CHECK_FALSE(attempts.begin(address("2001:db8:1::1"), now));
}

TEST_CASE("B9: many addresses together are slowed down too, and memory is bounded") {
    admin::Attempts attempts;
    SteadyTime now{1h};
    int passed = 0;
    for (int i = 0; i < 10'000; ++i)
        passed +=
            !attempts.begin(address("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250)), now);
    CHECK(passed == 30);
    CHECK(attempts.size() <= admin::Attempts::kAddressesMax);
    CHECK(attempts.begin(address("203.0.113.9"), now) == 2'000ms);
    CHECK_FALSE(attempts.begin(address("203.0.113.9"), now + 2s));
}
