#include <limits>
#include <optional>
#include <string>

#include "tests/support/kiro_encoding.hpp"

using namespace kg::test;
using kg::chat::Effort;
using nlohmann::json;

namespace {

kg::kiro::EncodeOptions claude(bool can_disable, std::vector<std::string> efforts) {
    auto options = encode_options("claude-opus-5");
    options.capabilities.native_thinking = true;
    options.capabilities.can_disable_thinking = can_disable;
    options.capabilities.efforts = std::move(efforts);
    return options;
}

kg::chat::Request asking(bool enabled, std::optional<std::uint32_t> budget = {},
                         std::optional<Effort> effort = {}) {
    auto request = request_of({user({text("hi")})});
    request.thinking.enabled = enabled;
    request.thinking.budget_tokens = budget;
    request.thinking.effort = effort;
    return request;
}

json fields(const kg::chat::Request& request, const kg::kiro::EncodeOptions& options) {
    const auto e = encode(request, options);
    CHECK_FALSE(e.request.parse_thinking_tags);
    CHECK(e.content() == "hi");
    return e.body.value("additionalModelRequestFields", json());
}

std::string tags(std::uint32_t budget) {
    return "<thinking_mode>enabled</thinking_mode><max_thinking_length>" + std::to_string(budget) +
           "</max_thinking_length>";
}

}  // namespace

TEST_CASE("48: budgets become efforts and are clamped to what the model knows") {
    const auto all = claude(true, {"low", "medium", "high", "xhigh", "max"});
    const auto no_xhigh = claude(true, {"low", "medium", "high", "max"});
    const auto effort = [](const kg::kiro::EncodeOptions& options, std::uint32_t budget) {
        return fields(asking(true, budget), options)["output_config"]["effort"].get<std::string>();
    };
    CHECK(effort(all, 0) == "low");
    CHECK(effort(all, 1) == "low");
    CHECK(effort(all, 2'048) == "low");
    CHECK(effort(all, 2'049) == "medium");
    CHECK(effort(all, 8'192) == "medium");
    CHECK(effort(all, 8'193) == "high");
    CHECK(effort(all, 24'576) == "high");
    CHECK(effort(all, 24'577) == "xhigh");
    CHECK(effort(all, 1'000'000'000) == "xhigh");
    CHECK(effort(no_xhigh, 1'000'000'000) == "high");
    CHECK(effort(claude(true, {"high"}), 1) == "high");
}

TEST_CASE("thinking: native fields of a Claude model") {
    const auto all = claude(true, {"low", "medium", "high", "xhigh", "max"});
    CHECK(fields(asking(true), all) ==
          json::parse(R"({"thinking":{"type":"adaptive","display":"summarized"}})"));
    auto omitted = asking(true, 5'000, Effort::max);
    omitted.thinking.omit_text = true;
    CHECK(fields(omitted, all) ==
          json::parse(
              R"({"thinking":{"type":"adaptive","display":"omitted"},"output_config":{"effort":"max"}})"));
    CHECK(fields(asking(true, {}, Effort::xhigh),
                 claude(true, {"low", "medium", "high", "max"}))["output_config"]["effort"] == "high");
    CHECK(fields(asking(true, {}, Effort::high), claude(true, {})) ==
          json::parse(R"({"thinking":{"type":"adaptive","display":"summarized"}})"));
}

TEST_CASE("thinking: switched off where that is possible, at the lowest effort elsewhere") {
    CHECK(fields(asking(false), claude(true, {"low", "high"})) ==
          json::parse(R"({"thinking":{"type":"disabled"}})"));
    CHECK(fields(asking(false, {}, Effort::high), claude(true, {"low", "high"})) ==
          json::parse(R"({"thinking":{"type":"disabled"},"output_config":{"effort":"high"}})"));
    CHECK(fields(asking(false), claude(false, {"low", "high"})) ==
          json::parse(R"({"output_config":{"effort":"low"}})"));
    CHECK(fields(asking(false), claude(false, {"medium", "high"})) ==
          json::parse(R"({"output_config":{"effort":"medium"}})"));
    CHECK(fields(asking(false), claude(false, {})).is_null());
}

TEST_CASE("thinking: the GPT family takes reasoning.effort") {
    auto options = encode_options("gpt-5.6-sol");
    options.capabilities.reasoning_effort = true;
    options.capabilities.efforts = {"none", "low", "medium", "high", "xhigh", "max"};
    CHECK(fields(asking(true, {}, Effort::xhigh), options) ==
          json::parse(R"({"reasoning":{"effort":"xhigh"}})"));
    CHECK(fields(asking(true, 3'000), options) == json::parse(R"({"reasoning":{"effort":"medium"}})"));
    CHECK(fields(asking(false), options).is_null());
}

TEST_CASE("thinking: max_tokens stays at the gateway") {
    auto request = asking(false);
    request.max_tokens = 5'000;
    auto options = claude(true, {"low"});
    options.capabilities.max_tokens_min = 1'024;
    options.capabilities.max_tokens_max = 64'000;
    CHECK(encode(request, options).body.dump().find("max_tokens") == std::string::npos);
}

TEST_CASE("48: tags for models without fields, the budget clamped") {
    const auto content = [](const kg::chat::Request& request) {
        const auto e = encode(request);
        CHECK(e.request.parse_thinking_tags);
        CHECK_FALSE(e.request.has_model_fields);
        return e.content();
    };
    CHECK(content(asking(true)) == tags(20'000) + "\n\nhi");
    CHECK(content(asking(true, 0)) == tags(1'024) + "\n\nhi");
    CHECK(content(asking(true, 5'000)) == tags(5'000) + "\n\nhi");
    CHECK(content(asking(true, std::numeric_limits<std::uint32_t>::max())) == tags(24'576) + "\n\nhi");
    CHECK(content(asking(true, {}, Effort::low)) == tags(2'048) + "\n\nhi");
    auto with_system = asking(true);
    with_system.system = "S";
    CHECK(content(with_system) == tags(20'000) + "\n\nS\n\nhi");
    with_system.system = "<thinking_mode>adaptive</thinking_mode> S";
    CHECK(content(with_system) == with_system.system + "\n\nhi");
    auto own_tags = request_of({user({text("<thinking_mode>enabled</thinking_mode> hi")})});
    own_tags.thinking.enabled = true;
    CHECK(content(own_tags) == "<thinking_mode>enabled</thinking_mode> hi");
    CHECK_FALSE(encode(asking(false)).request.parse_thinking_tags);
}

TEST_CASE("thinking: tags alone are no message") {
    auto request = request_of({user({text(" ")})});
    request.thinking.enabled = true;
    CHECK(encode(request).content() == tags(20'000) + "\n\nContinue");
}

TEST_CASE("thinking: history text never contains thinking") {
    auto request = request_of(
        {user({text("a")}), assistant({thinking("secret plan", ""), text("b")}), user({text("c")})});
    request.thinking.enabled = true;
    CHECK(encode(request).body.dump().find("secret plan") == std::string::npos);
}

TEST_CASE("thinking: a turn of thinking alone is no turn") {
    const auto e =
        encode(request_of({user({text("a")}), assistant({thinking("t", "sig")}), user({text("c")})}),
               claude(true, {"low"}));
    CHECK_FALSE(e.state().contains("history"));
    CHECK(e.content() == "a\nc");
    CHECK_FALSE(e.request.has_thinking_history);
}
