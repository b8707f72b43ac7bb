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

TEST_CASE("numbers are written as people write them") {
    const auto text = [](double value) {
        std::string out;
        json::append_double(out, value);
        return out;
    };
    CHECK(text(1e6) == "1000000");
    CHECK(text(-1e15) == "-1000000000000000");
    CHECK(text(0.01 + 0.003) == "0.013");
    CHECK(text(0.1 + 0.2) == "0.3");
    CHECK(text(0.444628841674235) == "0.444628841674235");
    CHECK(text(0) == "0");
    CHECK(text(1e300) == "1e+300");
}

TEST_CASE("non-numbers become null") {
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
