#include "core/openai/answer.hpp"

#include <algorithm>

#include "core/json/writer.hpp"

namespace kg::openai {

std::string_view finish_reason_name(chat::StopReason reason, bool tool_calls, bool legacy_functions) {
    using enum chat::StopReason;
    if (tool_calls) return legacy_functions ? "function_call" : "tool_calls";
    switch (reason) {
        case end_turn: return "stop";
        case tool_use: return "stop";
        case stop_sequence: return "stop";
        case max_tokens: return "length";
        case context_window: return "length";
        case pause_turn: return "stop";
        case refusal: return "content_filter";
    }
    return "stop";
}

bool takes_text(const chat::Request& request, std::string_view tool) {
    return std::ranges::any_of(
        request.tools, [&](const chat::ToolSpec& spec) { return spec.raw_text && spec.name == tool; });
}

void append_usage(std::string& out, const chat::FinalUsage& usage) {
    json::Writer writer(out);
    writer.begin_object();
    writer.member("prompt_tokens", usage.total_input()).member("completion_tokens", usage.output_tokens);
    writer.member("total_tokens", usage.total_input() + usage.output_tokens);
    writer.key("prompt_tokens_details").begin_object();
    writer.member("cached_tokens", usage.cache_read_tokens).end_object();
    writer.key("completion_tokens_details").begin_object();
    writer.member("reasoning_tokens", usage.thinking_tokens).end_object();
    writer.end_object();
}

}  // namespace kg::openai
