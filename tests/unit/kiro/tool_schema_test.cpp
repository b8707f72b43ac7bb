#include <string>

#include <nlohmann/json.hpp>

#include "core/kiro/tool_schema.hpp"
#include "tests/support/catch.hpp"

using kg::kiro::SchemaDialect;
using nlohmann::json;

namespace {

bool needs_repair(const std::string& schema, SchemaDialect dialect = SchemaDialect::claude) {
    auto document = kg::json::Document::parse(schema);
    REQUIRE(document.has_value());
    return kg::kiro::schema_needs_repair(document->root(), dialect);
}

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
    for (const std::string schema : {
             R"({"type":"object","properties":{}})",
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
    CHECK(repaired(R"({"type":"string","description":"x"})") == json::parse(R"({"type":"object","description":"x","properties":{}})"));
    CHECK(repaired(R"({"properties":{"a":{}}})") == json::parse(R"({"type":"object","properties":{"a":{}}})"));
}

TEST_CASE("C12: alternatives at the root become one object") {
    CHECK(repaired(R"({"anyOf":[
            {"type":"object","properties":{"a":{"type":"string"},"both":{"type":"integer"}},"required":["a","both"]},
            {"type":"object","properties":{"b":{"type":"string"},"both":{"type":"string"}},"required":["both","b"]}]})") ==
          json::parse(R"({"type":"object","properties":{"a":{"type":"string"},"both":{"type":"integer"},"b":{"type":"string"}},"required":["both"]})"));
    CHECK(repaired(R"({"type":"object","properties":{"x":{}},"required":["x"],"allOf":[{"properties":{"y":{}},"required":["y"]}]})") ==
          json::parse(R"({"type":"object","properties":{"x":{},"y":{}},"required":["x","y"]})"));
    CHECK(repaired(R"({"type":"object","properties":{"a":{},"b":{}},"oneOf":[{"required":["a"]},{"required":["b"]}]})") ==
          json::parse(R"({"type":"object","properties":{"a":{},"b":{}}})"));
}

TEST_CASE("C12: a reference at the root is followed, also in circles") {
    CHECK(repaired(R"({"$ref":"#/$defs/In","$defs":{"In":{"type":"object","properties":{"q":{"type":"string"}},"required":["q"]}}})") ==
          json::parse(R"({"type":"object","$defs":{"In":{"type":"object","properties":{"q":{"type":"string"}},"required":["q"]}},"properties":{"q":{"type":"string"}},"required":["q"]})"));
    repaired(R"({"$ref":"#/definitions/A","definitions":{"A":{"anyOf":[{"$ref":"#/definitions/A"},{"$ref":"#/definitions/A"},{"$ref":"#/definitions/A"},{"$ref":"#/definitions/A"}]}}})");
    CHECK(repaired(R"({"$ref":"https://example.test/schema"})") == kEmpty);
}

TEST_CASE("C13: null where a list or map belongs") {
    CHECK(repaired(R"({"type":"object","properties":null})") == kEmpty);
    CHECK(repaired(R"({"type":"object","properties":{},"required":null})") == kEmpty);
    CHECK(repaired(R"({"type":"object","properties":{"a":{"type":"object","properties":null,"required":null,"description":null,"items":null}}})") ==
          json::parse(R"({"type":"object","properties":{"a":{"type":"object","properties":{}}}})"));
    CHECK(repaired(R"({"type":"object","properties":{"a":null,"b":{"items":{"properties":null}}}})") ==
          json::parse(R"({"type":"object","properties":{"a":{},"b":{"items":{"properties":{}}}}})"));
    CHECK(repaired(R"({"type":"object","properties":{"a":{"anyOf":[null,{"required":null}]}}})") ==
          json::parse(R"({"type":"object","properties":{"a":{"anyOf":[{},{}]}}})"));
}

TEST_CASE("C14: $schema, $id and empty required go at every depth, additionalProperties stays") {
    CHECK(repaired(R"({"$schema":"http://json-schema.org/draft-07/schema#","$id":"x","type":"object","properties":{"a":{"$id":"y","type":"object","required":[]}},"required":[],"additionalProperties":false})") ==
          json::parse(R"({"type":"object","properties":{"a":{"type":"object"}},"additionalProperties":false})"));
    CHECK(repaired(R"({"type":"object","properties":{"a":{"required":true}}})") == json::parse(R"({"type":"object","properties":{"a":{}}})"));
    CHECK(repaired(R"({"type":"object","properties":{},"$defs":{"T":{"$schema":"x"}},"items":[{"$id":"z"}]})") ==
          json::parse(R"({"type":"object","properties":{},"$defs":{"T":{}},"items":[{}]})"));
}

TEST_CASE("C14: properties that bear a keyword's name are left alone") {
    CHECK(repaired(R"({"$schema":"x","type":"object","properties":{"$schema":{"type":"string"},"$id":{},"required":{"type":"array"},"format":{}}})") ==
          json::parse(R"({"type":"object","properties":{"$schema":{"type":"string"},"$id":{},"required":{"type":"array"},"format":{}}})"));
    CHECK(repaired(R"({"$id":"x","type":"object","properties":{"a":{"default":{"required":null,"$id":1}}}})") ==
          json::parse(R"({"type":"object","properties":{"a":{"default":{"required":null,"$id":1}}}})"));
}

TEST_CASE("C15: stricter validators lose the keywords they refuse") {
    const std::string schema = R"({"type":"object","properties":{"format":{"type":"string","format":"uri","pattern":"x","minLength":1,"examples":["a"]},
        "k":{"const":"v"},"n":{"type":"array","items":{"type":"integer","minimum":0},"maxItems":3}}})";
    CHECK_FALSE(needs_repair(schema));
    CHECK(repaired(schema, SchemaDialect::strict) ==
          json::parse(R"({"type":"object","properties":{"format":{"type":"string"},"k":{"enum":["v"]},"n":{"type":"array","items":{"type":"integer"}}}})"));
}

TEST_CASE("tool_schema: escapes in names and exact numbers survive a repair") {
    const std::string out = [] {
        auto document = kg::json::Document::parse(R"({"$id":"x","type":"object","properties":{"a\"\u00e9\n":{"default":1.0,"maximum":12345678901234567890}}})");
        std::string text;
        kg::kiro::append_repaired_schema(text, document->root(), SchemaDialect::claude);
        return text;
    }();
    CHECK(out.find("\"default\":1.0") != std::string::npos);
    CHECK(out.find("12345678901234567890") != std::string::npos);
    CHECK(json::parse(out)["properties"].contains("a\"\xC3\xA9\n"));
}
