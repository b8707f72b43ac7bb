// Time zones and address ranges.
#include "core/base/ip_network.hpp"
#include "core/base/time_zone.hpp"
#include "tests/support/catch.hpp"

using namespace kg;
using namespace std::chrono_literals;

namespace {

WallTime at(std::int64_t seconds) {
    return wall_from_ms(seconds * 1000);
}
std::string span(const std::string& zone, Period period, std::int64_t seconds) {
    const auto around = TimeZone::find(zone)->around(period, at(seconds));
    CHECK(around.begin <= at(seconds));
    CHECK(at(seconds) < around.end);
    return rfc3339(around.begin) + " " + rfc3339(around.end);
}
bool holds(const std::string& network, const std::string& address) {
    return IpNetwork::parse(network)->contains(*IpAddress::parse(address));
}

}  // namespace

TEST_CASE("periods begin at local midnight, Monday and the first, also where the clock jumps") {
    constexpr std::int64_t friday = 1'767'346'245;  // 2026-01-02T09:30:45Z
    CHECK(span("", Period::day, friday) == "2026-01-02T00:00:00Z 2026-01-03T00:00:00Z");
    CHECK(span("UTC", Period::week, friday) == "2025-12-29T00:00:00Z 2026-01-05T00:00:00Z");
    CHECK(span("UTC", Period::month, friday) == "2026-01-01T00:00:00Z 2026-02-01T00:00:00Z");
    CHECK(span("Europe/Berlin", Period::day, friday) == "2026-01-01T23:00:00Z 2026-01-02T23:00:00Z");
    CHECK(span("Asia/Kathmandu", Period::day, friday) == "2026-01-01T18:15:00Z 2026-01-02T18:15:00Z");
    // Summer time: a day of 23 hours, a day of 25, a month that begins with +1 and ends with +2.
    CHECK(span("Europe/Berlin", Period::day, 1'774'771'200) == "2026-03-28T23:00:00Z 2026-03-29T22:00:00Z");
    CHECK(span("Europe/Berlin", Period::day, 1'792'888'200) == "2026-10-24T22:00:00Z 2026-10-25T23:00:00Z");
    CHECK(span("Europe/Berlin", Period::month, 1'774'771'200) == "2026-02-28T23:00:00Z 2026-03-31T22:00:00Z");
    // Where summer time skips midnight itself the day begins when the clock goes on.
    CHECK(span("Africa/Cairo", Period::day, 1'777'035'600) == "2026-04-23T22:00:00Z 2026-04-24T21:00:00Z");
    CHECK(span("UTC", Period::day, -1) == "1969-12-31T00:00:00Z 1970-01-01T00:00:00Z");
}

TEST_CASE("an unknown time zone is refused, and no path comes through") {
    for (const char* name : {"Middle/Earth", "../../etc/passwd", "/etc/passwd", "Europe/", "x\ny", " "})
        CHECK_FALSE(TimeZone::find(name));
    CHECK_FALSE(TimeZone::find(std::string(1000, 'a')));
    CHECK(TimeZone::find("Middle/Earth").error().message.find("Middle/Earth") != std::string::npos);
    CHECK(TimeZone::find("America/New_York"));
    CHECK(TimeZone::find("Etc/GMT+5"));
}

TEST_CASE("address ranges hold what they say") {
    CHECK(holds("10.0.0.0/8", "10.255.0.1"));
    CHECK_FALSE(holds("10.0.0.0/8", "11.0.0.0"));
    CHECK(holds("192.0.2.128/25", "192.0.2.255"));
    CHECK_FALSE(holds("192.0.2.128/25", "192.0.2.127"));
    CHECK(holds("192.0.2.1", "192.0.2.1"));
    CHECK_FALSE(holds("192.0.2.1", "192.0.2.2"));
    CHECK(holds("10.0.0.0/8", "::ffff:10.1.2.3"));  // a dual-stack socket writes IPv4 so
    CHECK(holds("0.0.0.0/0", "203.0.113.9"));
    CHECK_FALSE(holds("0.0.0.0/0", "2001:db8::1"));
    CHECK(holds("2001:db8::/33", "2001:db8:7fff::1"));
    CHECK_FALSE(holds("2001:db8::/33", "2001:db8:8000::1"));
    CHECK(holds("fe80::/10", "fe80::1%eth0"));
}

TEST_CASE("broken address ranges are refused with the reason") {
    for (const char* text :
         {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.1/8", "10.0.0/8",
          "2001:db8::/129", "2001:db8::1/64", "example.com", "fe80::1%eth0/64", "1.2.3.4/8/8"}) {
        INFO(text);
        auto parsed = IpNetwork::parse(text);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().message.size() > std::string(text).size() + 10);
    }
    CHECK(IpNetwork::parse("10.0.0.1/8").error().message == "`10.0.0.1/8` has bits set beyond its prefix");
    CHECK_FALSE(IpAddress::parse("1.2.3.4.5"));
    CHECK_FALSE(IpAddress::parse(std::string(100, '1')));
    CHECK_FALSE(IpAddress::parse(std::string_view("1.2.3.4\0x", 9)));
}
