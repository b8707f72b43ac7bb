#include <random>

#include "core/base/ascii.hpp"
#include "core/base/base64.hpp"
#include "tests/support/catch.hpp"

using namespace kg;
using namespace std::string_literals;

TEST_CASE("base64 follows RFC 4648") {
    const std::pair<std::string, std::string> vectors[] = {{"", ""},
                                                           {"f", "Zg=="},
                                                           {"fo", "Zm8="},
                                                           {"foo", "Zm9v"},
                                                           {"foob", "Zm9vYg=="},
                                                           {"fooba", "Zm9vYmE="},
                                                           {"foobar", "Zm9vYmFy"},
                                                           {"\xff\xfe\xfd"s, "//79"},
                                                           {"\0"s, "AA=="}};
    for (const auto& [plain, coded] : vectors) {
        CHECK(base64_encode(plain) == coded);
        CHECK(base64_decode(coded) == plain);
        CHECK(base64_valid(coded));
    }
}

TEST_CASE("base64 refuses what is not exactly base64") {
    for (const std::string bad :
         {"A", "AA", "AAA", "AA=", "A===", "====", "AA==AAAA", "AAA=AAAA", "AAA\n", " AAA", "AA-_",
          "Zh==", "Zm9=", "AAAA=", "AAAAAAA\xc3", "AAAA====", "A=AA", "AAAAAAAAAAA*AAAA"}) {
        INFO(bad);
        CHECK_FALSE(base64_decode(bad));
        CHECK_FALSE(base64_valid(bad));
    }
}

TEST_CASE("base64 and hex read back random bytes of every length") {
    std::mt19937 random(5);
    for (std::size_t size = 0; size < 200; ++size) {
        std::string bytes(size, '\0');
        for (char& c : bytes) c = static_cast<char>(random());
        REQUIRE(base64_decode(base64_encode(bytes)) == bytes);
        REQUIRE(base64_valid(base64_encode(bytes)));
        REQUIRE(hex_decode(hex_encode(bytes)) == bytes);
    }
    CHECK(hex_encode("\x00\xab"s) == "00ab");
    CHECK(hex_decode("00AB") == "\x00\xab"s);
    CHECK_FALSE(hex_decode("0"));
    CHECK_FALSE(hex_decode("0g"));
}

TEST_CASE("base64_valid and base64_decode agree on damaged text") {
    std::mt19937 random(6);
    for (int round = 0; round < 20'000; ++round) {
        std::string text = base64_encode(std::string(random() % 30, 'x'));
        if (!text.empty()) text[random() % text.size()] = static_cast<char>(random());
        INFO(hex_encode(text));
        REQUIRE(base64_valid(text) == base64_decode(text).has_value());
        if (const auto bytes = base64_decode(text)) REQUIRE(base64_encode(*bytes) == text);
    }
}

TEST_CASE("patterns match like a shell's, ignoring case") {
    CHECK(ascii::matches_pattern("claude-sonnet-4.5", "claude-*"));
    CHECK(ascii::matches_pattern("Claude-Opus", "claude-op?s"));
    CHECK(ascii::matches_pattern("abcabd", "*abd"));
    CHECK(ascii::matches_pattern("", "*"));
    CHECK(ascii::matches_pattern("", ""));
    CHECK_FALSE(ascii::matches_pattern("", "?"));
    CHECK_FALSE(ascii::matches_pattern("abc", "ab"));
    CHECK_FALSE(ascii::matches_pattern("abc", "*b"));
    CHECK(ascii::matches_pattern(std::string(5'000, 'a'), "*a*a*a*a*a*a*"));
    CHECK_FALSE(ascii::matches_pattern(std::string(5'000, 'a'), "*a*a*a*a*a*a*b"));
}

TEST_CASE("the nearest word is offered only when it is near") {
    const std::string_view words[] = {"account", "config", "completion"};
    CHECK(ascii::nearest("acount", words) == "account");
    CHECK(ascii::nearest("Config", words) == "config");
    CHECK(ascii::nearest("xyz", words).empty());
    CHECK(ascii::nearest("", words).empty());
}

TEST_CASE("UTF-8 is checked as Unicode defines it") {
    for (const std::string good :
         {"", "abcdefgh", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xed\x9f\xbf", "\xee\x80\x80",
          "\xf4\x8f\xbf\xbf", "long ascii and then \xc3\xa9"}) {
        CHECK(ascii::is_utf8(good));
    }
    for (const std::string bad :
         {"\x80", "\xc0\xaf", "\xc1\xbf", "\xc3", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\xe2\x28\xa1", "12345678\xff"}) {
        INFO(hex_encode(bad));
        CHECK_FALSE(ascii::is_utf8(bad));
    }
    const std::string text = "a\xe2\x82\xac\xf0\x9f\x98\x80";
    const std::size_t kept[] = {0, 1, 1, 1, 4, 4, 4, 4, 8, 8};
    for (std::size_t n = 0; n < 10; ++n) CHECK(ascii::utf8_prefix(text, n).size() == kept[n]);
}

TEST_CASE("small text helpers") {
    CHECK(ascii::trim(" \t a b\r\n") == "a b");
    CHECK(ascii::trim(" \n").empty());
    CHECK(ascii::is_blank(" \r\n\t"));
    CHECK_FALSE(ascii::is_blank(" x"));
    for (std::size_t n = 0; n < 40; ++n) {
        std::string text(40, 'x');
        CHECK_FALSE(ascii::breaks_line(text));
        for (const char c : {'\r', '\n', '\0'}) {
            text[n] = c;
            CHECK(ascii::breaks_line(text));
        }
    }
    CHECK(ascii::to_lower("AbC-\xc3\x89") == "abc-\xc3\x89");
    CHECK(ascii::equals_ignoring_case("X-Api-Key", "x-api-key"));
    CHECK_FALSE(ascii::equals_ignoring_case("a", "ab"));
    CHECK(ascii::contains_ignoring_case("Improperly Formed request", "improperly formed"));
    CHECK_FALSE(ascii::contains_ignoring_case("abc", "abd"));
    CHECK(ascii::contains_ignoring_case("abc", ""));
}
