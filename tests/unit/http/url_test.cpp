#include "core/http/url.hpp"

#include "tests/support/catch.hpp"

using namespace kg::http;

TEST_CASE("addresses are taken apart") {
    const auto a = parse_url("HTTPS://Q.us-east-1.amazonaws.com/path?x=1");
    REQUIRE(a);
    CHECK(a->scheme == "https");
    CHECK(a->host == "q.us-east-1.amazonaws.com");
    CHECK(a->port == 443);
    CHECK(a->path == "/path?x=1");
    const auto b = parse_url("http://[::1]:8080");
    REQUIRE(b);
    CHECK(b->host == "::1");
    CHECK(b->port == 8080);
    CHECK(b->path == "/");
    CHECK(parse_url("http://h?q=1")->path == "/?q=1");
    CHECK(parse_url("http://h")->port == 80);
}

TEST_CASE("what is not a plain http address is refused") {
    for (const std::string_view bad : {"",
                                       "h",
                                       "ftp://h/",
                                       "http://",
                                       "http:///x",
                                       "http://u:p@h/",
                                       "http://h:0/",
                                       "http://h:65536/",
                                       "http://h:/",
                                       "http://h:8x/",
                                       "http://h/#f",
                                       "http://h /",
                                       "http://h/\n",
                                       "http://[::1",
                                       "http://[]/",
                                       "http://[::1]x/",
                                       "http://[abc]/",
                                       "http://h:1:2/",
                                       "//h/",
                                       "http:/h"}) {
        INFO(bad);
        CHECK_FALSE(parse_url(bad));
    }
}

TEST_CASE("percent coding reads back every byte") {
    std::string all;
    for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
    CHECK(percent_decode(percent_encode(all)) == all);
    CHECK(percent_encode("a b/\xc3\xa9~") == "a%20b%2F%C3%A9~");
    CHECK(percent_decode("a+b") == "a+b");
    for (const std::string_view bad : {"%", "%2", "%zz", "x%4"}) CHECK_FALSE(percent_decode(bad));
}

TEST_CASE("query values are found by their whole name") {
    const std::string_view query = "limit=2&after_id=a%2Fb+c&empty=&flag&limit=3";
    CHECK(query_value(query, "limit") == "2");
    CHECK(query_value(query, "after_id") == "a/b c");
    CHECK(query_value(query, "empty") == "");
    CHECK(query_value(query, "flag") == "");
    CHECK_FALSE(query_value(query, "id"));
    CHECK_FALSE(query_value("", "id"));
    CHECK_FALSE(query_value("id=%", "id"));
    CHECK(query_value("&&id=1", "id") == "1");
}

TEST_CASE("only real loopback names count as loopback") {
    for (const std::string_view good : {"localhost", "LocalHost", "127.0.0.1", "127.255.0.9", "::1", "[::1]"})
        CHECK(is_loopback_host(good));
    for (const std::string_view bad :
         {"", "0.0.0.0", "127.0.0", "127.0.0.1.example.com", "127.0.0.256", "localhost.example.com",
          "::", "128.0.0.1", "127.0.0.1.", "127..0.1", "127.0.0.-1"}) {
        INFO(bad);
        CHECK_FALSE(is_loopback_host(bad));
    }
}
