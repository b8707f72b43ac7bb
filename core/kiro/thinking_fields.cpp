#include "core/kiro/thinking_fields.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "core/json/writer.hpp"

namespace kg::kiro {
namespace {

using chat::Effort;

constexpr std::array kEfforts{Effort::low, Effort::medium, Effort::high, Effort::xhigh, Effort::max};

constexpr std::uint32_t kTagBudgetMin = 1024;
constexpr std::uint32_t kTagBudgetMax = 24'576;
constexpr std::uint32_t kTagBudgetDefault = 20'000;

Effort effort_of_budget(std::uint32_t tokens) {
    if (tokens <= 2'048) return Effort::low;
    if (tokens <= 8'192) return Effort::medium;
    return tokens <= kTagBudgetMax ? Effort::high : Effort::xhigh;
}

std::uint32_t budget_of_effort(Effort effort) {
    switch (effort) {
        case Effort::low: return 2'048;
        case Effort::medium: return 8'192;
        case Effort::high: return kTagBudgetDefault;
        case Effort::xhigh:
        case Effort::max: break;
    }
    return kTagBudgetMax;
}

bool allows(const ModelCapabilities& model, Effort effort) {
    return std::find(model.efforts.begin(), model.efforts.end(), chat::effort_name(effort)) !=
           model.efforts.end();
}

/// The wanted effort, else the next lower one that the model knows, else its lowest.
std::optional<Effort> clamp(Effort wanted, const ModelCapabilities& model) {
    for (std::size_t i = kEfforts.size(); i-- > 0;)
        if (kEfforts[i] <= wanted && allows(model, kEfforts[i])) return kEfforts[i];
    for (const Effort effort : kEfforts)
        if (allows(model, effort)) return effort;
    return {};
}

std::optional<Effort> wanted_effort(const chat::ThinkingOptions& asked) {
    if (asked.effort) return asked.effort;
    if (asked.enabled && asked.budget_tokens) return effort_of_budget(*asked.budget_tokens);
    return {};
}

std::string effort_member(std::string_view object, Effort effort) {
    std::string out;
    json::append_string(out, object);
    out += R"(:{"effort":)";
    json::append_string(out, chat::effort_name(effort));
    return out += '}';
}

std::string native_fields(const chat::ThinkingOptions& asked, const ModelCapabilities& model) {
    std::optional<Effort> effort = wanted_effort(asked);
    std::string thinking;
    if (asked.enabled) {
        thinking = R"("thinking":{"type":"adaptive","display":")";
        thinking += asked.omit_text ? R"(omitted"})" : R"(summarized"})";
    } else if (model.can_disable_thinking) {
        thinking = R"("thinking":{"type":"disabled"})";
    } else if (!effort) {
        effort = Effort::low;  // as near to "no thinking" as this model comes
    }
    if (effort) effort = clamp(*effort, model);
    std::string out = thinking;
    if (effort) {
        if (!out.empty()) out += ',';
        out += effort_member("output_config", *effort);
    }
    return out;
}

std::string prompt_tags(const chat::ThinkingOptions& asked) {
    std::uint32_t budget = kTagBudgetDefault;
    if (asked.budget_tokens) {
        budget = std::clamp(*asked.budget_tokens, kTagBudgetMin, kTagBudgetMax);
    } else if (asked.effort) {
        budget = budget_of_effort(*asked.effort);
    }
    return "<thinking_mode>enabled</thinking_mode><max_thinking_length>" + std::to_string(budget) +
           "</max_thinking_length>";
}

}  // namespace

ThinkingPlan plan_thinking(const chat::ThinkingOptions& asked, const ModelCapabilities& model) {
    ThinkingPlan plan;
    std::string members;
    if (model.reasoning_effort) {
        if (const auto effort = wanted_effort(asked))
            if (const auto allowed = clamp(*effort, model)) members = effort_member("reasoning", *allowed);
    } else if (model.native_thinking) {
        members = native_fields(asked, model);
    } else if (asked.enabled) {
        plan.prompt_tags = prompt_tags(asked);
    }
    if (!members.empty()) plan.fields = "{" + members + "}";
    return plan;
}

}  // namespace kg::kiro
