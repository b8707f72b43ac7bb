#include <random>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/kiro/schema_scan.hpp"
#include "core/kiro/tool_schema.hpp"
#include "tests/support/catch.hpp"

using kg::kiro::SchemaDialect;
using nlohmann::json;

namespace {

bool needs_repair(const std::string& schema, SchemaDialect dialect = SchemaDialect::claude) {
    auto document = kg::json::Document::parse(schema);
    REQUIRE(document.has_value());
    const bool needs = kg::kiro::schema_needs_repair(document->root(), dialect);
    INFO(schema);
    CHECK(kg::kiro::schema_surely_fine(schema, dialect) == !needs);
    return needs;
}

/// Schemas with every keyword in every place, sound and broken.
class RandomSchema {
  public:
    explicit RandomSchema(unsigned seed) : random_(seed) {}

    std::string root() {
        if (one_in(10)) return value(3);
        std::string out =
            one_in(6) ? "{" : R"({"type":"object","properties":)" + (one_in(12) ? value(2) : map(3));
        return out + members(out.size() > 1, 3) + (one_in(3) ? " }" : "}");
    }

  private:
    unsigned below(unsigned n) { return std::uniform_int_distribution<unsigned>(0, n - 1)(random_); }
    bool one_in(unsigned n) { return below(n) == 0; }
    std::string gap() { return one_in(4) ? " \n" : ""; }

    std::string scalar() {
        static const std::string all[] = {"null",      "true", "-1.5e3",     R"("text, {with} [brackets]")",
                                          R"("null")", "0",    R"("a\"b\\")"};
        return all[below(one_in(3) ? 7 : 6)];
    }
    std::string list(unsigned depth, bool schemas) {
        std::string out = "[" + gap();
        for (unsigned n = below(3); n > 0; --n)
            out += (schemas && !one_in(8) ? schema(depth) : value(depth)) + (n > 1 ? gap() + "," : "");
        return out + "]";
    }
    std::string names() { return one_in(8) ? list(0, false) : one_in(6) ? "[ ]" : R"(["a", "b"])"; }
    std::string map(unsigned depth) {
        std::string out = "{" + gap();
        for (unsigned n = below(3); n > 0; --n)
            out += (one_in(3) ? R"("required")" : R"("$p)" + std::to_string(n) + "\"") + gap() + ":" + gap() +
                   (one_in(10) ? value(depth) : schema(depth)) + (n > 1 ? "," : "");
        return out + gap() + "}";
    }
    std::string value(unsigned depth) {
        if (depth == 0 || one_in(2)) return scalar();
        return one_in(2) ? list(depth - 1, false) : map(depth - 1);
    }
    std::string schema(unsigned depth) {
        if (depth == 0) return one_in(4) ? "true" : "{}";
        const std::string inside = members(false, depth - 1);
        return "{" + inside + "}";
    }
    std::string members(bool more, unsigned depth) {
        static const std::string words[] = {"type",   "description", "default", "enum",
                                            "format", "const",       "x-y",     "title"};
        std::string out;
        for (unsigned n = below(4); n > 0; --n) {
            out += (more ? "," : "") + gap();
            more = true;
            switch (below(one_in(3) ? 8 : 5)) {
                case 0: out += R"("properties":)" + map(depth); break;
                case 1: out += R"("items": )" + schema(depth); break;
                case 2: out += R"("required":)" + names(); break;
                case 5: out += R"("anyOf":)" + list(depth, true); break;
                case 6: out += (one_in(2) ? R"("$schema":)" : R"("$ref":)") + std::string(R"("x")"); break;
                case 7: out += R"("$defs":)" + map(depth); break;
                default: out += "\"" + words[below(8)] + "\":" + value(depth);
            }
        }
        return out;
    }

    std::mt19937 random_;
};

/// The repaired schema; a second repair must find nothing to do.
json repaired(const std::string& schema, SchemaDialect dialect = SchemaDialect::claude) {
    auto document = kg::json::Document::parse(schema);
    REQUIRE(document.has_value());
    CHECK(kg::kiro::schema_needs_repair(document->root(), dialect));
    std::string out;
    kg::kiro::append_repaired_schema(out, document->root(), dialect);
    INFO(schema << " -> " << out);
    REQUIRE(json::accept(out));
    CHECK_FALSE(needs_repair(out, dialect));
    return json::parse(out);
}

const json kEmpty = json::parse(R"({"type":"object","properties":{}})");

}  // namespace

TEST_CASE("C12: a sound schema passes untouched") {
    for (
        const std::string schema :
        {R"({"type":"object","properties":{}})",
         R"({"type":"object","properties":{"a":{"type":"string","default":null,"enum":["x",null]}},"required":["a"],"additionalProperties":false})",
         R"({"type":"object","properties":{"required":{"type":"boolean"},"$schema":{"type":"string"},"properties":{"type":"object","properties":{}}}})",
         R"({"type":"object","properties":{"a":{"anyOf":[{"type":"string"},{"type":"null"}]},"b":true,"c":{"items":{"$ref":"#/$defs/T"}}},"$defs":{"T":{"type":"string"}}})",
         R"({"type":"object","properties":{"a":{"type":["string","null"],"format":"uri","pattern":"^x","minLength":1,"const":"x"}}})"})
        CHECK_FALSE(needs_repair(schema));
}

TEST_CASE("C12: the root becomes an object") {
    CHECK(repaired("null") == kEmpty);
    CHECK(repaired("[]") == kEmpty);
    CHECK(repaired("{}") == kEmpty);
    CHECK(repaired(R"({"type":"object"})") == kEmpty);
    CHECK(repaired(R"({"type":["object","null"],"properties":{}})") == kEmpty);
    CHECK(repaired(R"({"type":"string","description":"x"})") ==
          json::parse(R"({"type":"object","description":"x","properties":{}})"));
    CHECK(repaired(R"({"properties":{"a":{}}})") ==
          json::parse(R"({"type":"object","properties":{"a":{}}})"));
}

namespace {

/// What the description of a flattened root says, as JSON.
std::string described(const std::string& schema) {
    return json("The whole input must also be valid against this JSON Schema: " + schema).dump();
}

}  // namespace

TEST_CASE("C12: alternatives at the root become one object") {
    CHECK(
        repaired(R"({"anyOf":[
            {"type":"object","properties":{"a":{"type":"string"},"both":{"type":"integer"}},"required":["a","both"]},
            {"type":"object","properties":{"b":{"type":"string"},"both":{"type":"string"}},"required":["both","b"]}]})") ==
        json::parse(
            R"({"type":"object","properties":{"a":{"type":"string"},"both":{"type":"integer"},"b":{"type":"string"}},"required":["both"],"description":)" +
            described(R"({"anyOf":[
            {"type":"object","properties":{"a":{"type":"string"},"both":{"type":"integer"}},"required":["a","both"]},
            {"type":"object","properties":{"b":{"type":"string"},"both":{"type":"string"}},"required":["both","b"]}]})") +
            "}"));
    // All of it can be said by the object: nothing is added.
    CHECK(
        repaired(
            R"({"type":"object","properties":{"x":{}},"required":["x"],"allOf":[{"properties":{"y":{}},"required":["y"]}]})") ==
        json::parse(R"({"type":"object","properties":{"x":{},"y":{}},"required":["x","y"]})"));
    CHECK(
        repaired(
            R"({"type":"object","properties":{"a":{},"b":{}},"oneOf":[{"required":["a"]},{"required":["b"]}]})") ==
        json::parse(R"({"type":"object","properties":{"a":{},"b":{}},"description":)" +
                    described(R"({"oneOf":[{"required":["a"]},{"required":["b"]}]})") + "}"));
    CHECK(repaired(R"({"description":"One of two.","anyOf":[{"minProperties":1}]})")["description"] ==
          "One of two. The whole input must also be valid against this JSON Schema: "
          "{\"anyOf\":[{\"minProperties\":1}]}");
}

TEST_CASE("C12: a reference at the root is followed, also in circles") {
    CHECK(
        repaired(
            R"({"$ref":"#/$defs/In","$defs":{"In":{"type":"object","properties":{"q":{"type":"string"}},"required":["q"]}}})") ==
        json::parse(
            R"({"type":"object","$defs":{"In":{"type":"object","properties":{"q":{"type":"string"}},"required":["q"]}},"properties":{"q":{"type":"string"}},"required":["q"]})"));
    repaired(
        R"({"$ref":"#/definitions/A","definitions":{"A":{"anyOf":[{"$ref":"#/definitions/A"},{"$ref":"#/definitions/A"},{"$ref":"#/definitions/A"},{"$ref":"#/definitions/A"}]}}})");
    CHECK(repaired(R"({"$ref":"https://example.test/schema"})") ==
          json::parse(R"({"type":"object","properties":{},"description":)" +
                      described(R"({"$ref":"https://example.test/schema"})") + "}"));
}

TEST_CASE("C13: null where a list or map belongs") {
    CHECK(repaired(R"({"type":"object","properties":null})") == kEmpty);
    CHECK(repaired(R"({"type":"object","properties":{},"required":null})") == kEmpty);
    CHECK(
        repaired(
            R"({"type":"object","properties":{"a":{"type":"object","properties":null,"required":null,"description":null,"items":null}}})") ==
        json::parse(R"({"type":"object","properties":{"a":{"type":"object","properties":{}}}})"));
    CHECK(repaired(R"({"type":"object","properties":{"a":null,"b":{"items":{"properties":null}}}})") ==
          json::parse(R"({"type":"object","properties":{"a":{},"b":{"items":{"properties":{}}}}})"));
    CHECK(repaired(R"({"type":"object","properties":{"a":{"anyOf":[null,{"required":null}]}}})") ==
          json::parse(R"({"type":"object","properties":{"a":{"anyOf":[{},{}]}}})"));
}

TEST_CASE("C14: $schema, $id and empty required go at every depth, additionalProperties stays") {
    CHECK(
        repaired(
            R"({"$schema":"http://json-schema.org/draft-07/schema#","$id":"x","type":"object","properties":{"a":{"$id":"y","type":"object","required":[]}},"required":[],"additionalProperties":false})") ==
        json::parse(
            R"({"type":"object","properties":{"a":{"type":"object"}},"additionalProperties":false})"));
    CHECK(repaired(R"({"type":"object","properties":{"a":{"required":true}}})") ==
          json::parse(R"({"type":"object","properties":{"a":{}}})"));
    CHECK(repaired(
              R"({"type":"object","properties":{},"$defs":{"T":{"$schema":"x"}},"items":[{"$id":"z"}]})") ==
          json::parse(R"({"type":"object","properties":{},"$defs":{"T":{}},"items":[{}]})"));
}

TEST_CASE("C14: properties that bear a keyword's name are left alone") {
    CHECK(
        repaired(
            R"({"$schema":"x","type":"object","properties":{"$schema":{"type":"string"},"$id":{},"required":{"type":"array"},"format":{}}})") ==
        json::parse(
            R"({"type":"object","properties":{"$schema":{"type":"string"},"$id":{},"required":{"type":"array"},"format":{}}})"));
    CHECK(
        repaired(R"({"$id":"x","type":"object","properties":{"a":{"default":{"required":null,"$id":1}}}})") ==
        json::parse(R"({"type":"object","properties":{"a":{"default":{"required":null,"$id":1}}}})"));
}

TEST_CASE("C15: stricter validators are told in words what they refuse as keywords") {
    const std::string schema =
        R"({"type":"object","properties":{"format":{"type":"string","format":"uri","pattern":"x","minLength":1,"examples":["a"]},
        "k":{"const":"v"},"n":{"type":"array","items":{"type":"integer","minimum":0},"maxItems":3}}})";
    CHECK_FALSE(needs_repair(schema));
    CHECK(
        repaired(schema, SchemaDialect::strict) ==
        json::parse(
            R"({"type":"object","properties":{"format":{"type":"string","description":"Must also satisfy: format \"uri\", pattern \"x\", minLength 1."},
            "k":{"enum":["v"]},"n":{"type":"array","items":{"type":"integer","description":"Must also satisfy: minimum 0."},
            "description":"Must also satisfy: maxItems 3."}}})"));
    CHECK(repaired(R"({"properties":{"n":{"minimum":0,"description":"How many.","type":"integer"}}})",
                   SchemaDialect::strict)["properties"]["n"]["description"] ==
          "How many. Must also satisfy: minimum 0.");
}

TEST_CASE("tool_schema: escapes in names and exact numbers survive a repair") {
    const std::string out = [] {
        auto document = kg::json::Document::parse(
            R"({"$id":"x","type":"object","properties":{"a\"\u00e9\n":{"default":1.0,"maximum":12345678901234567890}}})");
        std::string text;
        kg::kiro::append_repaired_schema(text, document->root(), SchemaDialect::claude);
        return text;
    }();
    CHECK(out.find("\"default\":1.0") != std::string::npos);
    CHECK(out.find("12345678901234567890") != std::string::npos);
    CHECK(json::parse(out)["properties"].contains("a\"\xC3\xA9\n"));
}

TEST_CASE("tool_schema: the scan agrees with the parsed rules on random schemas, and repairs hold") {
    unsigned sound = 0;
    unsigned broken = 0;
    for (unsigned seed = 1; seed <= 4'000; ++seed) {
        const std::string schema = RandomSchema(seed).root();
        INFO("seed " << seed << ": " << schema);
        REQUIRE(json::accept(schema));
        for (const auto dialect : {SchemaDialect::claude, SchemaDialect::strict}) {
            if (!needs_repair(schema, dialect)) {
                ++sound;
                continue;
            }
            ++broken;
            repaired(schema, dialect);
        }
    }
    CHECK(sound > 500);
    CHECK(broken > 500);
}

TEST_CASE("tool_schema: the scan stays inside a cut text") {
    const std::string whole =
        R"({"type":"object","properties":{"a":{"anyOf":[{"type":"string"},true],"required":["x"]},"b":{}}, "title" : "t\"u" })";
    REQUIRE(kg::kiro::schema_surely_fine(whole, SchemaDialect::claude));
    for (std::size_t n = 0; n < whole.size(); ++n) {
        const std::vector<char> exact(
            whole.begin(),
            whole.begin() + static_cast<std::ptrdiff_t>(n));  // so that a sanitizer sees the end
        kg::kiro::schema_surely_fine({exact.data(), exact.size()}, SchemaDialect::claude);
    }
    CHECK_FALSE(kg::kiro::schema_surely_fine(whole + ",{}", SchemaDialect::claude));
    std::string deep;
    for (int i = 0; i < 100'000; ++i) deep += R"({"not":)";
    CHECK_FALSE(kg::kiro::schema_surely_fine(deep, SchemaDialect::claude));
}
