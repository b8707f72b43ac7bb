#include "daemon/net/address.hpp"

#include "tests/support/catch.hpp"

using namespace kg::net;

TEST_CASE("listen addresses: literals, localhost and Unix paths") {
    const auto text = [](std::string_view address) {
        const auto parsed = parse_listen_address(address);
        return parsed ? address_text(parsed->socket) : std::string("error");
    };
    CHECK(text("127.0.0.1:8000") == "127.0.0.1");
    CHECK(text("0.0.0.0:0") == "0.0.0.0");
    CHECK(text("localhost:65535") == "127.0.0.1");
    CHECK(text("[::1]:8000") == "::1");
    CHECK(text("[::]:8000") == "::");
    CHECK(text("[::ffff:10.0.0.1]:1") == "10.0.0.1");
    CHECK(text("unix:/tmp/x.sock") == "unix");
    CHECK(parse_listen_address("unix:/tmp/x.sock")->unix_path == "/tmp/x.sock");
    for (const char* bad : {"", "127.0.0.1", "127.0.0.1:", ":8000", "127.0.0.1:65536", "127.0.0.1:-1",
                            "127.0.0.1:80x", "example.org:80", "::1:8000", "[::1]", "[::1:80", "unix:"}) {
        CAPTURE(bad);
        CHECK(text(bad) == "error");
    }
    CHECK_FALSE(parse_listen_address("unix:/" + std::string(200, 'x')));
}
