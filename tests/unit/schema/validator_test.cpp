#include "core/schema/validator.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "core/json/document.hpp"
#include "core/schema/format.hpp"
#include "core/schema/pattern.hpp"
#include "core/schema/survey.hpp"
#include "tests/support/catch.hpp"

using namespace kg;
using schema::Validator;

namespace {

std::optional<std::string> complaint(const std::string& schema, const std::string& document) {
    const auto parsed = json::Document::parse(schema);
    REQUIRE(parsed);
    REQUIRE(schema::survey(parsed->root()));
    auto validator = Validator::make(schema);
    REQUIRE(validator);
    return validator->complaint(document);
}
bool fits(const std::string& schema, const std::string& document) {
    return !complaint(schema, document);
}

}  // namespace

TEST_CASE("a document that fits has no complaint, any other is told where and why") {
    const std::string person =
        R"({"type":"object","properties":{"name":{"type":"string","minLength":1},"age":{"type":"integer","minimum":0},)"
        R"("tags":{"type":"array","items":{"enum":["a","b"]}}},"required":["name","age"],"additionalProperties":false})";
    CHECK(fits(person, R"({"name":"Ada","age":36,"tags":["a"]})"));
    CHECK_THAT(*complaint(person, R"({"name":"Ada"})"), Catch::Contains("$: ") && Catch::Contains("'age'"));
    CHECK_THAT(*complaint(person, R"({"name":"Ada","age":"36"})"),
               Catch::Contains("$.age: ") && Catch::Contains("type"));
    CHECK_THAT(*complaint(person, R"({"name":"Ada","age":1,"tags":["a","c"]})"),
               Catch::Contains("$.tags[1]: "));
    CHECK_THAT(*complaint(person, R"({"name":"Ada","age":1,"x":1})"), Catch::Contains("x"));
    CHECK_FALSE(fits(person, R"({"name":"","age":1})"));
    CHECK_FALSE(fits(person, "[]"));
}

TEST_CASE("words of newer and older drafts mean what they mean there") {
    const std::string pair = R"({"prefixItems":[{"type":"string"},{"type":"integer"}],"items":false})";
    CHECK(fits(pair, R"(["a",1])"));
    CHECK_FALSE(fits(pair, R"(["a","b"])"));
    CHECK_FALSE(fits(pair, R"(["a",1,2])"));
    CHECK_FALSE(fits(R"({"dependentRequired":{"a":["b"]}})", R"({"a":1})"));
    CHECK_FALSE(fits(R"({"dependentSchemas":{"a":{"required":["b"]}}})", R"({"a":1})"));
    CHECK_FALSE(fits(R"({"type":"number","minimum":1,"exclusiveMinimum":true})", "1"));
    CHECK(fits(R"({"type":"string","nullable":true})", "null"));
    CHECK_FALSE(fits(R"({"$ref":"#/$defs/n","maximum":5,"$defs":{"n":{"type":"integer"}}})", "6"));
    CHECK_FALSE(fits(R"({"$ref":"#/$defs/n","maximum":5,"$defs":{"n":{"type":"integer"}}})", "1.5"));
    CHECK(fits(R"({"properties":{"pattern":{"type":"string"},"title":{"type":"integer"}}})",
               R"({"pattern":"(","title":1})"));
    CHECK(fits(R"({"type":["string","null"],"title":null,"required":null})", "null"));
    CHECK_FALSE(fits("false", "1"));
    CHECK(fits("true", "1"));
}

TEST_CASE("a schema may refer to itself, one level of the answer at a time") {
    const std::string tree =
        R"({"$ref":"#/$defs/node","$defs":{"node":{"type":"object","properties":{"value":{"type":"integer"},)"
        R"("children":{"type":"array","items":{"$ref":"#/$defs/node"}}},"required":["value"]}}})";
    CHECK(fits(tree, R"({"value":1,"children":[{"value":2,"children":[]}]})"));
    CHECK_THAT(*complaint(tree, R"({"value":1,"children":[{"value":2,"children":[{}]}]})"),
               Catch::Contains("children"));
}

TEST_CASE("what stands beside a reference keeps its place, where other references look for it") {
    const std::string schema =
        R"({"type":"object","properties":{"a":{"$ref":"#/$defs/any","properties":{"b":{"type":"integer"}}},)"
        R"("c":{"$ref":"#/properties/a/properties/b"}},"$defs":{"any":{"type":"object"}}})";
    CHECK(fits(schema, R"({"a":{"b":1},"c":2})"));
    CHECK_FALSE(fits(schema, R"({"a":{"b":1},"c":"x"})"));
    CHECK_FALSE(fits(schema, R"({"a":{"b":"x"}})"));
    CHECK_FALSE(fits(schema, R"({"a":5})"));
}

// A fifth of what is taken: with sanitizers the library's stack frames are many times as large.
TEST_CASE("definitions that lead from one to the next can be read") {
    std::string chain = R"({"$ref":"#/$defs/0","$defs":{)";
    for (int i = 0; i < 100; ++i)
        chain += '"' + std::to_string(i) + R"(":{"properties":{"x":{"$ref":"#/$defs/)" +
                 std::to_string(i + 1) + "\"}}},";
    CHECK(fits(chain + R"("100":{}}})", R"({"x":{"x":{}}})"));
}

TEST_CASE("names, values and costly searches count as steps") {
    std::string names, values, objects = "[", texts = "[";
    for (int i = 0; i < 9'000; ++i) names += ",\"" + std::to_string(i) + "\":{}";
    for (int i = 0; i < 19'000; ++i) values += "," + std::to_string(i);
    for (int i = 0; i < 5'000; ++i) objects += "{},";
    for (int i = 0; i < 5'000; ++i) texts += "\"aaaaaaaaaaaa\",";
    objects.back() = texts.back() = ']';
    const auto too_many = Catch::Contains("too many steps");
    CHECK_THAT(*complaint(R"({"items":{"properties":{"a":{})" + names + "}}}", objects), too_many);
    CHECK_THAT(*complaint(R"({"items":{"enum":[{})" + values + "]}}", "[5,5,5" + objects.substr(3)),
               too_many);
    // Thousands of steps of the matcher for each text, and yet they all fit.
    CHECK_THAT(*complaint(R"({"items":{"pattern":"(a+)+b|a"}})", texts), too_many);
    CHECK(fits(R"({"items":{"pattern":"^a+$"}})", texts));
}

TEST_CASE("patterns are searched for, with bounds on texts and on backtracking") {
    CHECK(fits(R"({"pattern":"b+"})", R"("abbc")"));
    CHECK_FALSE(fits(R"({"pattern":"^b+$"})", R"("abbc")"));
    CHECK(fits(R"({"pattern":"^(?!x)\\w+$"})", R"("abc")"));
    CHECK(fits(R"({"pattern":"^\\u00e9+$"})", "\"\u00e9\u00e9\""));
    CHECK(fits(R"({"pattern":"^a$"})", "1"));
    // What would overrun the stack of std::regex, and what would never come to an end.
    CHECK(fits(R"({"pattern":"^(a|b)*$"})", '"' + std::string(20'000, 'a') + '"'));
    complaint(R"({"pattern":"^(a|b)*$"})", '"' + std::string(1'000'000, 'a') + '"');
    CHECK_FALSE(fits(R"({"pattern":"^(a+)+$"})", '"' + std::string(5'000, 'a') + "!\""));
    CHECK(schema::Pattern::compile("(a"
                                   "+")
              .error()
              .message.find("at character") != std::string::npos);
    CHECK_FALSE(schema::Pattern::compile(std::string(9'000, 'a')));
}

TEST_CASE("formats are those that structured outputs know, others are notes") {
    using schema::has_format;
    CHECK(has_format("2024-02-29", "date"));
    CHECK_FALSE(has_format("2023-02-29", "date"));
    CHECK(has_format("10:00:00Z", "time"));
    CHECK(has_format("2024-02-29T23:59:60.5+02:00", "date-time"));
    CHECK_FALSE(has_format("2024-02-29 late", "date-time"));
    CHECK(has_format("P3DT4H", "duration"));
    CHECK_FALSE(has_format("P", "duration"));
    CHECK(has_format("a@b.example", "email"));
    CHECK_FALSE(has_format("a b@c", "email"));
    CHECK(has_format("a-1.example", "hostname"));
    CHECK_FALSE(has_format("-a", "hostname"));
    CHECK(has_format("127.0.0.1", "ipv4"));
    CHECK_FALSE(has_format("127.0.0.256", "ipv4"));
    CHECK(has_format("::1", "ipv6"));
    CHECK(has_format("123e4567-e89b-12d3-a456-426614174000", "uuid"));
    CHECK_FALSE(has_format("123e4567", "uuid"));
    CHECK(has_format("anything", "colour"));
    CHECK_FALSE(fits(R"({"format":"date"})", R"("soon")"));
    CHECK(fits(R"({"format":"date"})", "5"));
}

TEST_CASE("alternatives that multiply, and comparisons without end, are cut off") {
    std::string deep = R"({"$ref":"#/$defs/n","$defs":{"n":{"anyOf":[)";
    for (int i = 0; i < 3; ++i)
        deep += std::string(i ? "," : "") +
                R"({"properties":{"a":{"$ref":"#/$defs/n"},"b":false},"required":["b"]})";
    deep += "]}}}";
    std::string document;
    for (int i = 0; i < 60; ++i) document += R"({"a":)";
    document += "{}" + std::string(60, '}');
    CHECK(complaint(deep, document));
    std::string many = "[";
    for (int i = 0; i < 20'000; ++i) many += std::to_string(i) + ',';
    many.back() = ']';
    CHECK_THAT(*complaint(R"({"uniqueItems":true})", many), Catch::Contains("too many steps"));
    CHECK_FALSE(fits(R"({"uniqueItems":true})", R"([{"a":1},{"a":1}])"));
}

TEST_CASE("the public test suite of JSON Schema, draft 7, where it is installed") {
    const std::filesystem::path folder = "/usr/share/json-schema-test-suite/tests/draft7";
    if (!std::filesystem::exists(folder)) return;
    // Not checked (survey() says so), or about other documents than the schema itself.
    const std::set<std::string> left_out{
        "patternProperties.json", "propertyNames.json", "refRemote.json", "definitions.json", "id.json",
        "unknownKeyword.json"};
    std::size_t played = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() != ".json" || left_out.contains(entry.path().filename())) continue;
        std::ifstream in(entry.path(), std::ios::binary);
        const auto file = json::Document::parse(std::string{std::istreambuf_iterator<char>(in), {}});
        REQUIRE(file);
        for (const json::Node group : file->root().children()) {
            const auto wanted = schema::survey(group["schema"]);
            if (!wanted || !wanted->empty()) continue;  // refused or warned of: never silently wrong
            const auto validator = Validator::make(group["schema"].raw());
            if (!validator) continue;
            // Newer drafts, unlike this one, let other demands stand beside a reference.
            if (group["description"].text() == "ref overrides any sibling keywords") continue;
            for (const json::Node test : group["tests"].children()) {
                INFO(entry.path().filename().string()
                     << ": " << group["description"].text() << ": " << test["description"].text());
                CHECK(!validator->complaint(test["data"].raw()) == test["valid"].as_bool().value());
                ++played;
            }
        }
    }
    CHECK(played > 300);
}
