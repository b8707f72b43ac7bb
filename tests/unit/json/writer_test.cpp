#include "core/json/writer.hpp"

#include <cmath>

#include "core/json/document.hpp"
#include "tests/support/catch.hpp"

using namespace kg;

TEST_CASE("the writer places commas and nests") {
    std::string out;
    json::Writer w(out);
    w.begin_object().member("a", 1).member("b", true).member("c", 0.5).member("d", "x");
    w.key("e").begin_array().string("y").null().begin_object().end_object().raw("[1]").end_array();
    w.key("f").begin_array().end_array().end_object();
    CHECK(out == R"({"a":1,"b":true,"c":0.5,"d":"x","e":["y",null,{},[1]],"f":[]})");
}

TEST_CASE("every byte in every position of a word survives escaping and parsing") {
    for (int c = 0; c < 0x80; ++c) {
        for (std::size_t at = 0; at < 17; ++at) {
            std::string text(17, 'x');
            text[at] = static_cast<char>(c);
            std::string out;
            json::append_string(out, text);
            const auto doc = json::Document::parse(out);
            INFO("byte " << c << " at " << at);
            REQUIRE(doc);
            REQUIRE(doc->root().text() == text);
        }
    }
}

TEST_CASE("numbers read back as the same value and non-numbers become null") {
    std::string out;
    json::append_double(out, 0.1);
    out += ' ';
    json::append_double(out, std::nan(""));
    out += ' ';
    json::append_int(out, INT64_MIN);
    CHECK(out == "0.1 null -9223372036854775808");
}

TEST_CASE("pretty keeps the order of keys") {
    CHECK(json::pretty(R"({"b":1,"a":[]})") == "{\n  \"b\": 1,\n  \"a\": []\n}");
}
