#include "core/fetch/public_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstring>

#include "tests/support/catch.hpp"

using namespace kg;

namespace {

sockaddr_storage address_of(const char* text) {
    sockaddr_storage address{};
    if (std::strchr(text, ':') != nullptr) {
        auto* in = reinterpret_cast<sockaddr_in6*>(&address);
        in->sin6_family = AF_INET6;
        REQUIRE(inet_pton(AF_INET6, text, &in->sin6_addr) == 1);
    } else {
        auto* in = reinterpret_cast<sockaddr_in*>(&address);
        in->sin_family = AF_INET;
        REQUIRE(inet_pton(AF_INET, text, &in->sin_addr) == 1);
    }
    return address;
}

bool is_public(const char* text) {
    const auto address = address_of(text);
    return fetch::is_public_address(reinterpret_cast<const sockaddr*>(&address));
}
bool is_own(const char* text) {
    const auto address = address_of(text);
    return fetch::is_own_address(reinterpret_cast<const sockaddr*>(&address));
}

}  // namespace

TEST_CASE("addresses of the public internet") {
    for (const char* text :
         {"1.1.1.1", "8.8.8.8", "93.184.216.34", "172.15.255.255", "172.32.0.1", "100.63.0.1", "100.128.0.1",
          "192.167.1.1", "198.17.0.1", "223.255.255.255", "2606:4700::1111", "2a00:1450:4001::1",
          "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1"}) {
        INFO(text);
        CHECK(is_public(text));
    }
}

TEST_CASE("addresses that a client must not reach through the gateway") {
    for (const char* text : {"0.0.0.0",
                             "0.1.2.3",
                             "10.0.0.1",
                             "100.64.0.1",
                             "127.0.0.1",
                             "127.255.255.255",
                             "168.63.129.16",
                             "169.254.169.254",
                             "172.16.0.1",
                             "172.31.255.255",
                             "192.0.0.170",
                             "192.0.2.1",
                             "192.168.1.1",
                             "198.18.0.1",
                             "198.19.255.255",
                             "198.51.100.7",
                             "203.0.113.7",
                             "224.0.0.1",
                             "239.255.255.255",
                             "240.0.0.1",
                             "255.255.255.255",
                             "::",
                             "::1",
                             "::ffff:127.0.0.1",
                             "::ffff:10.0.0.1",
                             "::ffff:169.254.169.254",
                             "::127.0.0.1",
                             "64:ff9b::127.0.0.1",
                             "64:ff9b:1::1",
                             "100::1",
                             "2001::1",
                             "2001:db8::1",
                             "2002:7f00:1::1",
                             "2002:c0a8:101::1",
                             "3fff::1",
                             "fc00::1",
                             "fd12:3456::1",
                             "fe80::1",
                             "fec0::1",
                             "ff02::1",
                             "5f00::1"}) {
        INFO(text);
        CHECK_FALSE(is_public(text));
    }
    sockaddr other{};
    other.sa_family = AF_UNIX;
    CHECK_FALSE(fetch::is_public_address(&other));
    CHECK_FALSE(fetch::is_public_address(nullptr));
}

TEST_CASE("addresses that the machine itself has are told from all others") {
    CHECK(is_own("127.0.0.1"));
    CHECK(is_own("::ffff:127.0.0.1"));
    CHECK_FALSE(is_own("1.1.1.1"));
    CHECK_FALSE(is_own("2606:4700::1111"));
    CHECK(fetch::is_own_address(nullptr));
}
