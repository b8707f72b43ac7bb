#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/overloaded.hpp"
#include "core/chat/event.hpp"
#include "core/json/writer.hpp"

namespace kg::test {

/// One line for an event, for comparisons: "text Hello", "tool id name", "input {...}", "end
/// tool_use".
inline std::string describe(const chat::StreamEvent& event) {
    const auto count = [](std::string& out, const char* name, const auto& value) {
        if (!value) return;
        out.append(" ").append(name).append("=");
        json::append_double(out, static_cast<double>(*value));
    };
    static constexpr const char* kStops[] = {"end_turn",       "tool_use",   "stop_sequence", "max_tokens",
                                             "context_window", "pause_turn", "refusal"};
    return std::visit(
        overloaded{
            [](const chat::TextDelta& e) { return "text " + std::string(e.text); },
            [](const chat::ThinkingDelta& e) { return "thinking " + std::string(e.text); },
            [](const chat::ThinkingSignature& e) { return "signature " + std::string(e.signature); },
            [](const chat::RedactedThinking& e) { return "redacted " + std::string(e.data); },
            [](const chat::ToolUseStart& e) {
                return "tool " + std::string(e.id) + " " + std::string(e.name);
            },
            [](const chat::ToolInputDelta& e) { return "input " + std::string(e.json); },
            [](const chat::ToolUseEnd&) { return std::string("tool end"); },
            [](const chat::WebSearchStart& e) { return "search " + std::string(e.query); },
            [](const chat::WebSearchEnd& e) {
                return "found " + std::to_string(e.search->hits.size()) +
                       std::string(chat::search_error_name(e.search->error));
            },
            [&count](const chat::Usage& e) {
                std::string out = "usage";
                count(out, "in", e.uncached_input_tokens);
                count(out, "read", e.cache_read_tokens);
                count(out, "write", e.cache_write_tokens);
                count(out, "out", e.output_tokens);
                count(out, "percent", e.context_percent);
                count(out, "credits", e.credits);
                return out;
            },
            [](const chat::MessageEnd& e) {
                return std::string("end ") + kStops[static_cast<std::size_t>(e.reason)];
            },
        },
        event);
}

}  // namespace kg::test
