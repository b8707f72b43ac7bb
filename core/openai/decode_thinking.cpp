#include "core/openai/decode_thinking.hpp"

#include <algorithm>

#include "core/chat/request_rules.hpp"
#include "core/json/read.hpp"
#include "core/openai_family/effort.hpp"

namespace kg::openai {
namespace {

void set_budget(json::Node tokens, chat::ThinkingOptions& thinking) {
    // Nonsense such as -1 or fractions is clamped: a budget is only a hint.
    if (const auto number = tokens.as_double()) {
        thinking.budget_tokens =
            chat::clamp_thinking_budget(static_cast<std::int64_t>(std::clamp(*number, 0.0, 1.0e9)));
    }
}

Result<void> decode_reasoning(json::Node reasoning, chat::Request& request) {
    KG_TRY(enabled, json::optional_bool(reasoning, "enabled"));
    KG_TRY(effort, json::optional_string(reasoning, "effort"));
    if (effort) openai_family::set_effort(*effort, request);
    const json::Node tokens = reasoning["max_tokens"];
    if (tokens.as_double().value_or(0) > 0) {
        request.thinking.enabled = true;
        set_budget(tokens, request.thinking);
    }
    if (enabled) request.thinking.enabled = *enabled;
    return {};
}

}  // namespace

Result<void> decode_thinking(json::Node body, chat::Request& request) {
    KG_TRY(effort, json::optional_string(body, "reasoning_effort"));
    if (effort) openai_family::set_effort(*effort, request);
    KG_TRY(reasoning, json::optional_object(body, "reasoning"));
    if (reasoning) KG_CHECK(decode_reasoning(reasoning, request));
    KG_TRY(thinking, json::optional_object(body, "thinking"));
    request.thinking.stated = effort || reasoning || thinking;
    if (!thinking) return {};
    KG_TRY(type, json::require_string(thinking, "type"));
    request.thinking.enabled = type != "disabled";
    if (request.thinking.enabled) set_budget(thinking["budget_tokens"], request.thinking);
    return {};
}

}  // namespace kg::openai
