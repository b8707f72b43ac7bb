#include "tests/support/catch.hpp"
#include "tests/support/dialect_play.hpp"
#include "tests/support/responses_dialect.hpp"

using namespace kg;
using namespace kg::chat;

namespace {

const auto kDialect = test::responses_dialect();

Request accept(std::string_view members) {
    auto request = test::decode(*kDialect, std::string(R"({"model":"m","input":"q",)").append(members) + "}");
    INFO(members);
    if (!request) FAIL(request.error().message);
    return std::move(*request);
}

std::vector<std::string> names(const Request& request) {
    std::vector<std::string> out;
    for (const auto& tool : request.tools) out.push_back(tool.name.str());
    return out;
}

constexpr std::string_view kTwoGroups =
    R"("tools":[{"type":"function","name":"read","parameters":{"type":"object"}},)"
    R"({"type":"namespace","name":"docs","description":"The manual.","tools":[{"type":"function","name":"read"},{"type":"function","name":"find"}]},)"
    R"({"type":"namespace","name":"mail","description":"","tools":[{"type":"function","name":"read"},{"type":"custom","name":"send"}]}])";

}  // namespace

TEST_CASE("7.3: functions are flat, and may lack parameters") {
    const auto request = accept(
        R"("tools":[{"type":"function","name":"a","description":"d","parameters":{"x":1},"strict":false},{"type":"function","name":"b","parameters":null},{"name":"c"},{"type":"function","name":"a"}])");
    CHECK(names(request) == std::vector<std::string>{"a", "b", "c"});
    CHECK(request.tools[0].schema.text() == R"({"x":1})");
    CHECK(request.tools[1].schema.text() == R"({"type":"object","properties":{}})");
    CHECK(test::warns_about(request, "declared twice"));
}

TEST_CASE("7.3, captures 27: hosted tools are dropped, and cannot be forced") {
    const auto request = accept(
        R"("tools":[{"type":"image_generation"},{"type":"tool_search","execution":"client"},{"type":"function","name":"a"}],"tool_choice":{"type":"image_generation"})");
    CHECK(names(request) == std::vector<std::string>{"a"});
    CHECK(request.tool_choice.mode == ToolChoice::Mode::automatic);
    CHECK(test::warns_about(request, "tool_search"));
    CHECK_FALSE(test::decode(
        *kDialect,
        R"({"model":"m","input":"q","tools":[{"type":"image_generation"}],"tool_choice":"required"})"));
}

TEST_CASE("captures 27: the web search that Codex always declares is no reason to warn") {
    const auto request = accept(
        R"("tools":[{"type":"web_search","external_web_access":false},{"type":"function","name":"a"}])");
    CHECK(names(request) == std::vector<std::string>{"a"});
    CHECK(request.warnings.empty());
    REQUIRE(request.web_search);
    CHECK_FALSE(request.web_search->forced);
    const auto preview = accept(
        R"("tools":[{"type":"web_search_preview","filters":{"allowed_domains":["e.org"]},"user_location":{"type":"approximate","city":"Oslo","country":"NO"}}],"tool_choice":{"type":"web_search_preview"})");
    REQUIRE(preview.web_search);
    CHECK(preview.web_search->forced);
    CHECK(preview.web_search->allowed == std::vector<std::string>{"e.org"});
    CHECK(preview.web_search->place == "Oslo, NO");
    const auto withdrawn = accept(
        R"("tools":[{"type":"web_search"},{"type":"function","name":"a"}],"tool_choice":{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"a"}]})");
    CHECK_FALSE(withdrawn.web_search);
}

TEST_CASE("7.3: a custom tool is a function of one text that knows its grammar") {
    const auto request = accept(
        R"("tools":[{"type":"custom","name":"apply_patch","description":"Edits files.","format":{"type":"grammar","syntax":"lark","definition":"start: \"x\""}},{"type":"custom","name":"note"}])");
    REQUIRE(request.tools.size() == 2);
    const auto& patch = request.tools[0];
    CHECK(patch.raw_text);
    CHECK(patch.description.view().find("Edits files.") == 0);
    CHECK(patch.description.view().find("(lark):\nstart: \"x\"") != std::string_view::npos);
    const auto schema = test::parse(patch.schema.text());
    CHECK(schema.root()["properties"]["input"]["type"].text() == "string");
    CHECK(request.tools[1].description.view().find("grammar") == std::string_view::npos);
}

TEST_CASE("7.3: namespaces are flattened, equal names told apart") {
    const auto request = accept(kTwoGroups);
    CHECK(names(request) == std::vector<std::string>{"read", "docs__read", "find", "mail__read", "send"});
    CHECK(request.tools[1].group == "docs");
    CHECK(request.tools[1].client_name == "read");
    CHECK(request.tools[2].group == "docs");
    CHECK(request.tools[4].raw_text);
    CHECK(request.system == "About the tools docs__read, find: The manual.");
}

TEST_CASE("7.3: calls in the history go by the names that the tools have now") {
    const auto request = test::decode(
        *kDialect,
        std::string(R"({"model":"m",)").append(kTwoGroups) +
            R"(,"input":[{"role":"user","content":"q"},{"type":"function_call","call_id":"1","namespace":"docs","name":"read","arguments":""},{"type":"function_call","call_id":"2","name":"read","arguments":"{}"},)"
            R"({"type":"function_call","call_id":"3","namespace":"gone","name":"read","arguments":"{}"},{"type":"function_call_output","call_id":"1","output":"r"}]})");
    REQUIRE(request);
    const auto& calls = request->messages[1].parts;
    CHECK(std::get<ToolUse>(calls[0]).name == "docs__read");
    CHECK(std::get<ToolUse>(calls[1]).name == "read");
    CHECK(std::get<ToolUse>(calls[2]).name == "gone__read");
}

TEST_CASE("7.3: every form of tool_choice") {
    using Mode = ToolChoice::Mode;
    const auto choose = [](std::string_view choice) {
        return accept(std::string(kTwoGroups).append(",\"tool_choice\":").append(choice));
    };
    CHECK(choose("\"none\"").tool_choice.mode == Mode::none);
    CHECK(choose("\"required\"").tool_choice.mode == Mode::any);
    CHECK(choose(R"({"type":"function","name":"find"})").tool_choice.name == "find");
    CHECK(choose(R"({"type":"function","name":"read","namespace":"mail"})").tool_choice.name == "mail__read");
    CHECK(choose(R"({"type":"custom","name":"send"})").tool_choice.mode == Mode::named);
    const auto few = choose(
        R"({"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"read"},{"type":"namespace","name":"mail"}]})");
    CHECK(names(few) == std::vector<std::string>{"read", "mail__read", "send"});
    CHECK(few.tool_choice.mode == Mode::any);
}
