#include "core/config/checks.hpp"
#include "core/config/units.hpp"
#include "tests/support/catch.hpp"

using namespace kg::config;
using namespace std::chrono_literals;

TEST_CASE("listen addresses") {
    for (const char* good : {"127.0.0.1:0", "0.0.0.0:8000", "[::]:80", "[fe80::1]:65535", "localhost:1",
                             "gateway.example:8000", "unix:/run/k.sock"}) {
        INFO(good);
        CHECK_FALSE(check_listen(good));
    }
    for (const char* bad : {"",
                            "8000",
                            ":8000",
                            "127.0.0.1",
                            "127.0.0.1:",
                            "127.0.0.1:65536",
                            "127.0.0.1:-1",
                            "127.0.0.1:8 0",
                            "1.2.3:80",
                            "256.1.1.1:80",
                            "::1:80",
                            "[::g]:80",
                            "[]:80",
                            "[::1]",
                            "a b:80",
                            "-x:80",
                            "unix:",
                            "unix:run/x",
                            "unix:/",
                            "127.0.0.1:+80"}) {
        INFO(bad);
        CHECK(check_listen(bad));
    }
    CHECK(check_listen("unix:/" + std::string(107, 'x')));
    CHECK_FALSE(check_listen("unix:/" + std::string(106, 'x')));
    CHECK(check_listen("8000")->find("127.0.0.1:8000") != std::string::npos);
}

TEST_CASE("which addresses only this machine can reach") {
    for (const char* local : {"127.0.0.1:80", "127.9.9.9:80", "[::1]:80", "localhost:80", "unix:/x"}) {
        CHECK(is_local_listen(local));
    }
    for (const char* open : {"0.0.0.0:80", "[::]:80", "127.example.com:80", "10.0.0.1:80", "host:80"}) {
        CHECK_FALSE(is_local_listen(open));
    }
}

TEST_CASE("upstream URLs are https, or http on loopback, and carry nothing else") {
    for (const char* good : {"", "https://a.example", "https://a.example:8443/base", "http://127.0.0.1:9",
                             "http://localhost", "http://[::1]:9/x", "HTTPS://A.EXAMPLE"}) {
        INFO(good);
        CHECK_FALSE(check_upstream_url(good));
    }
    for (const char* bad :
         {"a.example", "http://a.example", "http://127.0.0.1.evil.example", "ftp://127.0.0.1", "https://",
          "https://u:p@a.example", "https://a.example?x=1", "https://a.example#f", "https://a.example:0",
          "https://a.example:70000", "https://a b", "https://[::1", "http://localhost@evil.example",
          "https://[::1]x"}) {
        INFO(bad);
        CHECK(check_upstream_url(bad));
    }
}

TEST_CASE("outbound proxies and origins") {
    for (const char* good : {"", "http://proxy:3128", "https://u:p@proxy", "socks5h://[::1]:1080/"}) {
        CHECK_FALSE(check_proxy_url(good));
    }
    for (const char* bad : {"proxy:3128", "ftp://proxy", "http://proxy/path", "http://"}) {
        CHECK(check_proxy_url(bad));
    }
    for (const char* good : {"", "*", "https://a.example", "https://a.example, http://localhost:3000"}) {
        CHECK_FALSE(check_origins(good));
    }
    for (const char* bad : {"a.example", "https://a.example/", "*,https://a.example", "https://a.example,",
                            "https://u@a.example"}) {
        CHECK(check_origins(bad));
    }
    CHECK(hide_user("http://u:p@h:1") == "http://***@h:1");
    CHECK(hide_user("http://h:1") == "http://h:1");
    CHECK(hide_user("") == "");
}

TEST_CASE("durations and sizes survive writing and reading") {
    CHECK(parse_duration("500ms") == 500ms);
    CHECK(parse_duration("10s") == 10s);
    CHECK(parse_duration("5m") == 5min);
    CHECK(parse_duration("1h") == 1h);
    for (const char* bad :
         {"", "10", "s", "-1s", "1.5s", "10 s", "10s ", "1h30m", "10d", "9223372036854775807h"}) {
        INFO(bad);
        CHECK_FALSE(parse_duration(bad));
    }
    for (const auto value : {0ms, 1ms, 999ms, 1000ms, 1500ms, 60'000ms, 90'000ms, 3'600'000ms}) {
        CHECK(parse_duration(format_duration(value)) == value);
    }
    CHECK(format_duration(90s) == "90s");
    CHECK(format_duration(2h) == "2h");

    CHECK(parse_size("65536") == 65536);
    CHECK(parse_size("64kib") == 65536);
    CHECK(parse_size("7B") == 7);
    for (const char* bad : {"", "-1", "64KB", "64 KiB", "1.5MiB", "KiB", "9223372036854775807GiB"}) {
        INFO(bad);
        CHECK_FALSE(parse_size(bad));
    }
    for (const std::int64_t value : {0, 1, 1023, 1024, 10'000, 1 << 20, 3 << 20, 1 << 30}) {
        CHECK(parse_size(format_size(value)) == value);
    }
}
