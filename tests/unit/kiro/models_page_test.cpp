#include <set>
#include <string>

#include "core/kiro/models.hpp"
#include "tests/support/catch.hpp"

using namespace kg::kiro;

namespace {

const std::string kSchema = R"({"type":"object","additionalProperties":false,"properties":{
    "thinking":{"type":"object","properties":{"type":{"enum":["adaptive","disabled"]},"display":{"enum":["summarized","omitted"]}}},
    "output_config":{"type":"object","properties":{"effort":{"enum":["low","medium","high","max"],"default":"high"}}},
    "max_tokens":{"type":"integer","minimum":1024,"maximum":64000}}})";

std::string page(const std::string& schema) {
    return R"({"models":[
    {"modelId":"claude-sonnet-4.6","modelName":"Claude Sonnet 4.6","description":"d","modelProvider":null,
     "rateMultiplier":1.3,"rateUnit":"Credit","status":"ACTIVE","supportedInputTypes":["TEXT","IMAGE"],
     "tokenLimits":{"maxInputTokens":1000000,"maxOutputTokens":64000},
     "promptCaching":{"supportsPromptCaching":true},"availableOrigins":null,"refusalFallbackModels":null,
     "additionalModelRequestFieldsSchema":)" +
           schema + R"(}],
  "defaultModel":{"modelId":"auto","modelName":"Auto","rateMultiplier":1.0,"rateUnit":"Credit","tokenLimits":{"maxInputTokens":200000}},
  "nextToken":null})";
}

std::string quoted(const std::string& json) {
    std::string out = "\"";
    for (const char c : json) {
        if (c == '"') out += '\\';
        out += c == '\n' ? ' ' : c;
    }
    return out + "\"";
}

}  // namespace

TEST_CASE("models: the sample of 3.3, its schema as object and as text") {
    for (const std::string& schema : {kSchema, quoted(kSchema)}) {
        const auto parsed = parse_model_page(page(schema));
        REQUIRE(parsed.has_value());
        REQUIRE(parsed->models.size() == 2);
        const Model& m = parsed->models[0];
        CHECK(m.info.id == "claude-sonnet-4.6");
        CHECK(m.info.display_name == "Claude Sonnet 4.6");
        CHECK(m.info.context_tokens == 1'000'000);
        CHECK(m.info.output_tokens == 64'000);
        CHECK(m.info.rate == Approx(1.3));
        CHECK(m.info.images);
        CHECK(m.capabilities.native_thinking);
        CHECK(m.capabilities.can_disable_thinking);
        CHECK_FALSE(m.capabilities.reasoning_effort);
        CHECK(m.capabilities.efforts == std::vector<std::string>{"low", "medium", "high", "max"});
        CHECK(m.capabilities.max_tokens_min == 1024);
        CHECK(m.capabilities.max_tokens_max == 64'000);
        CHECK(parsed->models[1].info.id == "auto");
        CHECK(parsed->next_token.empty());
    }
}

TEST_CASE("69: any field but the id may be null or absent") {
    const auto parsed = parse_model_page(
        R"({"models":[{"modelId":"a"},{"modelId":"b","modelName":null,"rateMultiplier":null,"supportedInputTypes":null,
        "tokenLimits":null,"additionalModelRequestFieldsSchema":null},{"modelId":null},{},null,7,{"modelId":"a","modelName":"again"},
        {"modelId":"c","displayName":"C","supportedInputTypes":["TEXT"],"tokenLimits":{"maxInputTokens":null,"maxOutputTokens":-1},
         "additionalModelRequestFieldsSchema":"not json"}],"nextToken":"tok","defaultModelId":"a"})");
    REQUIRE(parsed.has_value());
    REQUIRE(parsed->models.size() == 3);
    CHECK(parsed->models[0].info.display_name == "a");
    CHECK(parsed->models[1].info.context_tokens == 200'000);
    CHECK(parsed->models[1].info.images);
    CHECK_FALSE(parsed->models[1].capabilities.native_thinking);
    CHECK(parsed->models[2].info.display_name == "C");
    CHECK_FALSE(parsed->models[2].info.images);
    CHECK(parsed->models[2].info.output_tokens == 64'000);
    CHECK(parsed->next_token == "tok");
}

TEST_CASE("models: the GPT family and models that always think") {
    const auto parsed = parse_model_page(R"({"models":[
        {"modelId":"gpt-5.6-sol","additionalModelRequestFieldsSchema":{"properties":{"reasoning":{"type":"object","properties":{"effort":{"enum":["none","low","max"]}}}}}},
        {"modelId":"claude-opus-5.5","additionalModelRequestFieldsSchema":{"properties":{"thinking":{"type":"object","properties":{"type":{"enum":["adaptive"]}}}}}}]})");
    REQUIRE(parsed.has_value());
    CHECK(parsed->models[0].capabilities.reasoning_effort);
    CHECK_FALSE(parsed->models[0].capabilities.native_thinking);
    CHECK(parsed->models[0].capabilities.efforts == std::vector<std::string>{"none", "low", "max"});
    CHECK(parsed->models[1].capabilities.native_thinking);
    CHECK_FALSE(parsed->models[1].capabilities.can_disable_thinking);
}

TEST_CASE("models: an answer that is no list is an error") {
    CHECK_FALSE(parse_model_page("").has_value());
    CHECK_FALSE(parse_model_page("<html>").has_value());
    CHECK_FALSE(parse_model_page(R"({"message":"x"})").has_value());
    CHECK_FALSE(parse_model_page(R"({"models":null})").has_value());
    CHECK(parse_model_page(R"({"models":[]})")->models.empty());
}

TEST_CASE("models: the built-in table is sound") {
    std::set<std::string> ids;
    for (const Model& model : builtin_models()) {
        CHECK(ids.insert(model.info.id).second);
        CHECK_FALSE(model.info.display_name.empty());
        CHECK(model.info.context_tokens >= 128'000);
        CHECK(model.info.rate > 0);
        CHECK(model.capabilities.native_thinking + model.capabilities.reasoning_effort <= 1);
    }
    CHECK(ids.count("auto") == 1);
    CHECK(ids.count("claude-sonnet-4.5") == 1);
    CHECK(ids.count("claude-3.7-sonnet") == 0);  // retired
}
