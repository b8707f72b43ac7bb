#include "core/kiro/flat_json.hpp"

#include <array>
#include <optional>
#include <random>
#include <string>

#include "core/json/document.hpp"
#include "tests/support/catch.hpp"

namespace {

using namespace kg;
using kiro::FlatObject;

/// What the flat reader makes of `{"k":"RAW"}`; nothing when it leaves it to the general parser.
std::optional<std::string> flat_value(const std::string& raw) {
    FlatObject object;
    const std::string json = R"({"k":")" + raw + R"("})";
    if (!object.parse(json)) return std::nullopt;
    const auto* field = object.find("k");
    REQUIRE(field != nullptr);
    std::string out(field->value);
    if (field->escaped && !kiro::unescape_json(field->value, out)) return std::nullopt;
    return out;
}

std::optional<std::string> general_value(const std::string& raw) {
    const auto document = json::Document::parse(R"({"k":")" + raw + R"("})");
    if (!document) return std::nullopt;
    return std::string(document->root()["k"].text());
}

}  // namespace

TEST_CASE("a flat string ends at its quotation mark, wherever that lies in a block") {
    for (std::size_t before = 0; before < 40; ++before) {
        for (std::size_t after = 0; after < 20; ++after) {
            const std::string text(before, 'a'), more(after, 'b');
            const std::string json = R"({"first":")" + text + R"(","second":")" + more + R"(","third":true})";
            FlatObject object;
            REQUIRE(object.parse(json));
            REQUIRE(object.size() == 3);
            CHECK(object.find("first")->value == text);
            CHECK(object.find("second")->value == more);
            CHECK(object.find("third")->kind == FlatObject::Field::Kind::true_);
            for (std::size_t cut = 0; cut < json.size(); ++cut) {
                FlatObject part;
                if (part.parse(std::string_view(json).substr(0, cut))) FAIL("cut at " << cut);
            }
        }
    }
}

TEST_CASE("the flat reader never reads a string otherwise than the general parser does") {
    static const std::array<std::string, 18> kParts{"a", "bcdefgh", "0123456789abcdef", " ", "\\n", "\\\"",
                                                    "\\\\", "\\/", "\\u00e9", "\\ud83d\\ude00", "\xc3\xa9",
                                                    "\xe6\x96\x87", "\xf0\x9f\x9a\x80",
                                                    // What must not stand there.
                                                    "\n", "\\x", "\\ud83d", "\xc3", "\xff"};
    std::mt19937 random(7);
    std::size_t read = 0, left = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string raw;
        // Half of the rounds have only what is allowed.
        const std::size_t kinds = round % 2 == 0 ? 13 : kParts.size();
        for (auto n = random() % 12; n > 0; --n) raw += kParts[random() % kinds];
        const auto flat = flat_value(raw);
        ++(flat ? read : left);
        if (!flat && round % 2 == 0) FAIL("left to the general parser: " << raw);
        if (flat && flat != general_value(raw)) FAIL(raw);
    }
    CHECK(read > 10'000);
    CHECK(left > 5'000);
}
