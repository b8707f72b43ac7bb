#include <string>

#include "core/kiro/models.hpp"
#include "tests/support/catch.hpp"

using namespace kg::kiro;
using kg::chat::Effort;

namespace {

std::vector<Model> list(const std::vector<std::string>& ids) {
    std::vector<Model> out;
    for (const std::string& id : ids) {
        Model model;
        model.info.id = id;
        out.push_back(model);
    }
    return out;
}

/// The wire id, or "-" when the name is refused.
std::string resolved(const std::string& name, const std::vector<Model>& listed, const Aliases& aliases = {}) {
    const auto r = resolve_model(name, listed, aliases);
    if (r) return r->model->info.id;
    CHECK(r.error().kind == kg::ErrorKind::model_not_found);
    CHECK(r.error().message == "the model `" + name + "` does not exist");
    CHECK(r.error().param == "model");
    return "-";
}

}  // namespace

TEST_CASE("D1: names by list, loaded or built in, never a silent other model") {
    const auto loaded =
        list({"auto", "claude-sonnet-4", "claude-sonnet-4.5", "claude-haiku-4.5", "claude-opus-4.5"});
    struct Row {
        std::string name, with_builtin, with_loaded;
    };
    for (const Row& row : std::vector<Row>{
             {"auto", "auto", "auto"},
             {"claude-sonnet-4.5", "claude-sonnet-4.5", "claude-sonnet-4.5"},
             {"claude-sonnet-4-5", "claude-sonnet-4.5", "claude-sonnet-4.5"},
             {" Claude-Sonnet-4-5 ", "claude-sonnet-4.5", "claude-sonnet-4.5"},
             {"claude-sonnet-4-5-20250929", "claude-sonnet-4.5", "claude-sonnet-4.5"},
             {"claude-sonnet-4-5-thinking", "claude-sonnet-4.5", "claude-sonnet-4.5"},
             {"claude-sonnet-4-5-latest", "claude-sonnet-4.5", "claude-sonnet-4.5"},
             {"claude-sonnet-4-20250514", "claude-sonnet-4", "claude-sonnet-4"},
             {"claude-sonnet-4-0", "claude-sonnet-4", "claude-sonnet-4"},
             {"claude-opus-4-5-20251101", "claude-opus-4.5", "claude-opus-4.5"},
             {"claude-haiku-4-5-20251001-thinking", "claude-haiku-4.5", "claude-haiku-4.5"},
             {"claude-4.5-sonnet", "claude-sonnet-4.5", "claude-sonnet-4.5"},
             {"claude-4-5-sonnet", "claude-sonnet-4.5", "claude-sonnet-4.5"},
             {"claude-4-sonnet", "claude-sonnet-4", "claude-sonnet-4"},
             {"anthropic/claude-sonnet-4.5", "claude-sonnet-4.5", "claude-sonnet-4.5"},
             {"us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4.5", "claude-sonnet-4.5"},
             {"kiro/claude-haiku-4-5", "claude-haiku-4.5", "claude-haiku-4.5"},
             {"kiro-claude-haiku-4-5", "claude-haiku-4.5", "claude-haiku-4.5"},
             {"claude-code/claude-haiku-4-5", "claude-haiku-4.5", "claude-haiku-4.5"},
             {"models/claude-haiku-4-5", "claude-haiku-4.5", "claude-haiku-4.5"},
             {"claude-sonnet-4@20250514", "claude-sonnet-4", "claude-sonnet-4"},
             {"claude-haiku-4-5-agentic", "claude-haiku-4.5", "claude-haiku-4.5"},
             // The one-million window where it is listed.
             {"claude-sonnet-4-5-1m", "claude-sonnet-4.5-1m", "claude-sonnet-4.5"},
             {"claude-sonnet-4-5[1m]", "claude-sonnet-4.5-1m", "claude-sonnet-4.5"},
             {"claude-sonnet-4-5-20250929[1m]", "claude-sonnet-4.5-1m", "claude-sonnet-4.5"},
             {"claude-opus-5[1m]", "claude-opus-5", "-"},
             // Dots or none.
             {"claude-opus-5", "claude-opus-5", "-"},
             {"claude-opus-5-20260301", "claude-opus-5", "-"},
             {"claude-opus-5-5", "claude-opus-5.5", "-"},
             {"claude-opus-4-6", "claude-opus-4.6", "-"},
             // Newer or unknown versions are never mapped down.
             {"claude-opus-6", "-", "-"},
             {"claude-opus-4-9", "-", "-"},
             {"claude-sonnet-4-55", "-", "-"},
             {"claude-sonnet-9-thinking", "-", "-"},
             {"claude-haiku-5", "-", "-"},
             {"claude-4-9-sonnet", "-", "-"},
             // Retired and foreign names, by table.
             {"claude-3-7-sonnet-20250219", "claude-sonnet-4.5", "claude-sonnet-4.5"},
             {"claude-3.7-sonnet", "claude-sonnet-4.5", "claude-sonnet-4.5"},
             {"claude-3-5-sonnet-20241022", "claude-sonnet-4.5", "claude-sonnet-4.5"},
             {"claude-3-5-sonnet-latest", "claude-sonnet-4.5", "claude-sonnet-4.5"},
             {"anthropic.claude-3-5-sonnet-20241022-v2:0", "claude-sonnet-4.5", "claude-sonnet-4.5"},
             {"claude-3-5-sonnet-v2@20241022", "claude-sonnet-4.5", "claude-sonnet-4.5"},
             {"claude-3-opus-20240229", "claude-sonnet-4.5", "claude-sonnet-4.5"},
             {"claude-3-sonnet", "claude-sonnet-4", "claude-sonnet-4"},
             {"claude-3-haiku-20240307", "claude-haiku-4.5", "claude-haiku-4.5"},
             {"claude-3-5-haiku-latest", "claude-haiku-4.5", "claude-haiku-4.5"},
             {"gpt-4", "claude-sonnet-4.5", "claude-sonnet-4.5"},
             {"gpt-4o", "claude-sonnet-4.5", "claude-sonnet-4.5"},
             {"gpt-4o-2024-08-06", "claude-sonnet-4.5", "claude-sonnet-4.5"},
             {"gpt-4-turbo-preview", "claude-sonnet-4.5", "claude-sonnet-4.5"},
             {"gpt-3.5-turbo", "claude-sonnet-4.5", "claude-sonnet-4.5"},
             {"gpt-4o-mini", "claude-haiku-4.5", "claude-haiku-4.5"},
             {"gpt-4.1", "-", "-"},
             {"gpt-4-32k", "-", "-"},
             {"default", "auto", "auto"},
             // Families without a version.
             {"sonnet", "claude-sonnet-4.5", "claude-sonnet-4.5"},
             {"claude-sonnet", "claude-sonnet-4.5", "claude-sonnet-4.5"},
             {"haiku", "claude-haiku-4.5", "claude-haiku-4.5"},
             {"opus", "claude-opus-5.5", "claude-opus-4.5"},
             {"claude-opus-latest", "claude-opus-5.5", "claude-opus-4.5"},
             // Others.
             {"gpt-5.6-sol", "gpt-5.6-sol", "-"},
             {"gpt-5.6-sol-high", "gpt-5.6-sol", "-"},
             {"GLM-5", "glm-5", "-"},
             {"CLAUDE_SONNET_4_20250514_V1_0", "-", "-"},
             {"not-auto-at-all", "-", "-"},
             {"my-claude-sonnet-4.5", "-", "-"},
             {"claude", "-", "-"},
             {"-thinking", "-", "-"},
             {"", "-", "-"}}) {
        INFO(row.name);
        CHECK(resolved(row.name, builtin_models()) == row.with_builtin);
        CHECK(resolved(row.name, loaded) == row.with_loaded);
        CHECK(resolved(row.name, {}) == "-");
    }
}

TEST_CASE("66: every listed model answers to its own and its public name") {
    for (const Model& model : builtin_models()) {
        INFO(model.info.id);
        CHECK(resolved(model.info.id, builtin_models()) == model.info.id);
        CHECK(resolved(public_name(model.info.id), builtin_models()) == model.info.id);
        CHECK(resolved(public_name(model.info.id) + "-thinking", builtin_models()) == model.info.id);
    }
}

TEST_CASE("models: legacy upper-case ids only when listed") {
    const auto legacy = list({"CLAUDE_SONNET_4_20250514_V1_0"});
    CHECK(resolved("CLAUDE_SONNET_4_20250514_V1_0", legacy) == "CLAUDE_SONNET_4_20250514_V1_0");
    CHECK(resolved("claude_sonnet_4_20250514_v1_0", legacy) == "CLAUDE_SONNET_4_20250514_V1_0");
    CHECK(resolved("CLAUDE_HAIKU_4_5_20251001_V1_0", legacy) == "-");
}

TEST_CASE("models: a retired wire id is used while it is still listed") {
    CHECK(resolved("claude-3-7-sonnet-20250219", list({"claude-3.7-sonnet", "claude-sonnet-4.5"})) ==
          "claude-3.7-sonnet");
}

TEST_CASE("models: a stand-in only from the same family when the table's is not listed") {
    CHECK(resolved("claude-3-5-sonnet", list({"claude-sonnet-4.6", "claude-opus-5"})) == "claude-sonnet-4.6");
    CHECK(resolved("claude-3-5-sonnet", list({"claude-opus-5"})) == "-");
    CHECK(resolved("gpt-4o", list({"claude-sonnet-4.6"})) == "-");
    CHECK(resolved("sonnet", list({"claude-sonnet-5", "claude-sonnet-4.6", "claude-sonnet-5-1m"})) ==
          "claude-sonnet-5");
    CHECK(resolved("sonnet[1m]", list({"claude-sonnet-5", "claude-sonnet-5-1m"})) == "claude-sonnet-5-1m");
}

TEST_CASE("models: suffixes are remembered") {
    const auto thinking = resolve_model("claude-sonnet-4-5-20250929-thinking", builtin_models(), {});
    REQUIRE(thinking.has_value());
    CHECK(thinking->thinking);
    CHECK_FALSE(thinking->effort.has_value());
    CHECK(resolve_model("claude-sonnet-4-5:thinking", builtin_models(), {})->thinking);
    const auto effort = resolve_model("claude-opus-4-8-xhigh", builtin_models(), {});
    REQUIRE(effort.has_value());
    CHECK(effort->effort == Effort::xhigh);
    CHECK_FALSE(effort->thinking);
    const auto both = resolve_model("claude-opus-4-8-max-thinking", builtin_models(), {});
    REQUIRE(both.has_value());
    CHECK(both->thinking);
    CHECK(both->effort == Effort::max);
    const auto plain = resolve_model("claude-opus-4-8", builtin_models(), {});
    CHECK_FALSE(plain->thinking);
    CHECK_FALSE(plain->effort.has_value());
}

TEST_CASE("models: aliases come first, match exactly and are told in the chain") {
    const Aliases aliases{{"fast", "claude-haiku-4-5"},
                          {"fast", "claude-opus-5"},
                          {"claude-sonnet-4.5", "claude-opus-4.5"},
                          {"gone", "no-such"}};
    CHECK(resolved("fast", builtin_models(), aliases) == "claude-haiku-4.5");
    CHECK(resolved("claude-sonnet-4.5", builtin_models(), aliases) == "claude-opus-4.5");
    CHECK(resolved("claude-sonnet-4-5", builtin_models(), aliases) == "claude-sonnet-4.5");
    CHECK(resolved("Fast", builtin_models(), aliases) == "-");
    CHECK(resolved("gone", builtin_models(), aliases) == "-");
    CHECK(resolve_model("fast", builtin_models(), aliases)->chain ==
          "fast -> claude-haiku-4-5 -> claude-haiku-4.5");
    CHECK(resolve_model("claude-3-5-sonnet", builtin_models(), {})->chain ==
          "claude-3-5-sonnet -> claude-sonnet-4.5");
    CHECK(resolve_model("claude-sonnet-4.5", builtin_models(), {})->chain == "claude-sonnet-4.5");
}

TEST_CASE("models: the nearest name is for the log") {
    const auto r = resolve_model("claude-sonet-4.5", builtin_models(), {});
    REQUIRE_FALSE(r.has_value());
    CHECK(r.error().detail == "nearest: claude-sonnet-4.5");
    CHECK(resolve_model("zzzzzzzzzzzzzzzz", builtin_models(), {}).error().detail.empty());
    const auto huge = resolve_model(std::string(100'000, 'x'), builtin_models(), {});
    CHECK(huge.error().message.size() < 300);
}

TEST_CASE("models: public names") {
    CHECK(public_name("claude-sonnet-4.5") == "claude-sonnet-4-5");
    CHECK(public_name("claude-sonnet-4.5-1m") == "claude-sonnet-4-5-1m");
    CHECK(public_name("claude-opus-5") == "claude-opus-5");
    CHECK(public_name("gpt-5.6-sol") == "gpt-5.6-sol");
    CHECK(public_name("auto") == "auto");
    CHECK(public_name("") == "");
}
