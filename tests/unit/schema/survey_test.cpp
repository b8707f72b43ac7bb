#include "core/schema/survey.hpp"

#include "core/schema/document_text.hpp"
#include "tests/support/catch.hpp"

using namespace kg;

namespace {

/// The schema stands where a client writes it, so that paths are the client's.
Result<std::vector<std::string>> surveyed(const std::string& schema) {
    static json::Document document;  // the errors and paths are strings, but nodes point into it
    document = *json::Document::parse(R"({"text":{"format":{"schema":)" + schema + "}}}");
    return schema::survey(document.root()["text"]["format"]["schema"]);
}
std::string refused_at(const std::string& schema) {
    const auto result = surveyed(schema);
    return result ? "nowhere" : result.error().param;
}

}  // namespace

TEST_CASE("a malformed schema is refused with the path of the keyword") {
    const std::string here = "text.format.schema";
    CHECK(refused_at(R"({"type":"strin"})") == here + ".type");
    CHECK(refused_at(R"({"type":["string",5]})") == here + ".type[1]");
    CHECK(refused_at(R"({"properties":{"a":{"type":5}}})") == here + ".properties.a.type");
    CHECK(refused_at(R"({"properties":[]})") == here + ".properties");
    CHECK(refused_at(R"({"required":"a"})") == here + ".required");
    CHECK(refused_at(R"({"required":[1]})") == here + ".required[0]");
    CHECK(refused_at(R"({"items":[{"minLength":-1}]})") == here + ".items[0].minLength");
    CHECK(refused_at(R"({"anyOf":[]})") == here + ".anyOf");
    CHECK(refused_at(R"({"enum":[]})") == here + ".enum");
    CHECK(refused_at(R"({"multipleOf":0})") == here + ".multipleOf");
    CHECK(refused_at(R"({"pattern":"(a"})") == here + ".pattern");
    CHECK(refused_at(R"({"additionalProperties":"no"})") == here + ".additionalProperties");
    CHECK(refused_at(R"({"uniqueItems":1})") == here + ".uniqueItems");
    CHECK(refused_at("5") == here);
    CHECK(refused_at(R"({"properties":{"type":{"type":"string"},"enum":true},"x-own":{"type":5}})") ==
          "nowhere");
    CHECK(refused_at(R"({"type":null,"properties":null,"required":null})") == "nowhere");
}

TEST_CASE("references lead to a schema of the document and never back to themselves") {
    const std::string here = "text.format.schema";
    CHECK(refused_at(R"({"$ref":"#/$defs/a~1b%20c","$defs":{"a/b c":{}}})") == "nowhere");
    CHECK(refused_at(R"({"items":{"$ref":"#"}})") == "nowhere");
    CHECK(refused_at(R"({"allOf":[{},{"items":{"$ref":"#/allOf/0"}}]})") == "nowhere");
    CHECK(refused_at(R"({"$ref":"#/$defs/b","$defs":{"a":{}}})") == here + ".$ref");
    CHECK(refused_at(R"({"$ref":"https://example.com/s"})") == here + ".$ref");
    CHECK(refused_at(R"({"$ref":"#named"})") == here + ".$ref");
    CHECK(refused_at(R"({"$ref":5})") == here + ".$ref");
    CHECK(refused_at(R"({"$ref":"#"})") == here);
    CHECK(
        refused_at(R"({"$defs":{"a":{"anyOf":[{"$ref":"#/$defs/b"}]},"b":{"not":{"$ref":"#/$defs/a"}}}})") ==
        here + ".$defs.a");
    std::string chain = R"({"$ref":"#/$defs/0","$defs":{)";
    for (int i = 0; i < 300; ++i)
        chain += '"' + std::to_string(i) + R"(":{"$ref":"#/$defs/)" + std::to_string(i + 1) + "\"},";
    CHECK(surveyed(chain + R"("300":{}}})").error().kind == ErrorKind::malformed_request);
}

TEST_CASE("a reference leads to a place where a schema stands, for nothing else has been read") {
    const std::string here = "text.format.schema";
    // What the library would follow for ever, one step behind what no keyword leads to.
    CHECK(
        refused_at(
            R"({"properties":{"p":{"$ref":"#/x"}},"x":{"properties":{"a":{"$ref":"#/y"}}},"y":{"$ref":"#/y"}})") ==
        here + ".properties.p.$ref");
    CHECK(refused_at(R"({"properties":{"p":{"$ref":"#/enum/0"}},"enum":[{"pattern":"("}]})") ==
          here + ".properties.p.$ref");
    CHECK(refused_at(R"({"properties":{"p":{"$ref":"#/properties"}}})") == here + ".properties.p.$ref");
    CHECK(refused_at(R"({"properties":{"p":{"$ref":"#/properties/q"},"q":true}})") == "nowhere");
}

TEST_CASE("references lead through a bounded number of levels") {
    const auto chain = [](int length) {
        std::string out = R"({"$ref":"#/$defs/0","$defs":{)";
        for (int i = 0; i < length; ++i)
            out += '"' + std::to_string(i) + R"(":{"properties":{"x":{"$ref":"#/$defs/)" +
                   std::to_string(i + 1) + "\"}}},";
        return out + '"' + std::to_string(length) + R"(":{}}})";
    };
    CHECK(surveyed(chain(400)));
    CHECK_THAT(surveyed(chain(4'000)).error().message, Catch::Contains("too deep"));
}

TEST_CASE("patterns are bounded together, by their size once compiled") {
    const auto schema = [](int count, const std::string& pattern) {
        std::string out = R"({"properties":{)";
        for (int i = 0; i < count; ++i) {
            const auto number = std::to_string(i);
            out += '"' + number + R"(":{"pattern":")" + pattern + number + "\"},";
        }
        out.back() = '}';
        return out + "}";
    };
    CHECK(surveyed(schema(2'000, "^[a-z]+-?")));
    CHECK_THAT(surveyed(schema(200, "(?:ab){1,3000}")).error().message,
               Catch::Contains("too large together"));
}

TEST_CASE("keywords that answers are not checked for are named") {
    const auto found =
        surveyed(R"({"patternProperties":{"^a":{}},"properties":{"b":{"propertyNames":{"maxLength":3}}}})");
    REQUIRE(found);
    CHECK(*found == std::vector<std::string>{"text.format.schema.patternProperties",
                                             "text.format.schema.properties.b.propertyNames"});
}

TEST_CASE("a schema of too many values is refused") {
    std::string large = R"({"properties":{)";
    for (int i = 0; i < 20'001; ++i) large += '"' + std::to_string(i) + "\":{},";
    large.back() = '}';
    CHECK_THAT(surveyed(large + "}").error().message, Catch::Contains("too large"));
    for (const std::string keyword : {"enum", "required"}) {
        std::string list = "{\"" + keyword + "\":[";
        for (int i = 0; i < 20'001; ++i) list += '"' + std::to_string(i) + "\",";
        list.back() = ']';
        CHECK_THAT(surveyed(list + "}").error().message, Catch::Contains("too large"));
    }
}

TEST_CASE("the document is found in what a model wrote around it") {
    using schema::find_document;
    CHECK(find_document(" {\"a\":1}\n") == R"({"a":1})");
    CHECK(find_document("```json\n{\"a\":1}\n```") == R"({"a":1})");
    CHECK(find_document("Here it is:\n```\n[1]\n```\nAnything else?") == "[1]");
    CHECK(find_document("The answer is {\"a\":\"}\"} as asked.") == R"({"a":"}"})");
    CHECK(find_document("\"text\"") == "\"text\"");
    CHECK_FALSE(find_document("no {braces that fit]"));
    CHECK_FALSE(find_document(""));
    CHECK_FALSE(find_document("{\"a\":1} and {\"b\":2}"));
    CHECK_FALSE(find_document(R"({"a":)"));
    CHECK(schema::without_opening_fence("```json\n{\"a\":") == "{\"a\":");
    CHECK(schema::without_opening_fence("{\"a\":") == "{\"a\":");
}
