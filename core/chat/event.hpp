#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/chat/web_search.hpp"

namespace kg::chat {

// One answer is a sequence of these: deltas and complete tool calls in order of arrival, Usage at
// any time (later numbers replace earlier ones), MessageEnd last. There is no error event: an error
// ends the stream through the sink. Every view is valid only during the call that delivers the
// event.

struct TextDelta {
    std::string_view text;  // whole UTF-8 sequences, never empty
};
struct ThinkingDelta {
    std::string_view text;
};
/// Closes a thinking block with its opaque signature (may come without any ThinkingDelta before).
struct ThinkingSignature {
    std::string_view signature;
};
struct RedactedThinking {
    std::string_view data;
};
/// Tool calls never overlap: Start, InputDelta*, End. The deltas joined are one JSON object.
struct ToolUseStart {
    std::string_view id;
    std::string_view name;
};
struct ToolInputDelta {
    std::string_view json;
};
struct ToolUseEnd {};
/// A search that the gateway runs has begun. WebSearchEnd of the same search comes before whatever the
/// answer says next.
struct WebSearchStart {
    std::string_view id;
    std::string_view query;
};
struct WebSearchEnd {
    const WebSearch* search;  // never null
};

/// What is known so far; absent means unknown. Totals of this answer, not increments.
struct Usage {
    std::optional<std::uint64_t> uncached_input_tokens;
    std::optional<std::uint64_t> cache_read_tokens;
    std::optional<std::uint64_t> cache_write_tokens;
    std::optional<std::uint64_t> output_tokens;
    std::optional<double> context_percent;  // of the model's window, this answer included
    std::optional<double> credits;
};

enum class StopReason : std::uint8_t {
    end_turn,
    tool_use,
    stop_sequence,
    max_tokens,
    context_window,
    pause_turn,
    refusal
};
struct MessageEnd {
    StopReason reason = StopReason::end_turn;
    std::string_view stop_sequence;  // with StopReason::stop_sequence
    std::string_view cut_tool{};     // the tool of a call that was begun, not finished, and is left out
};

using StreamEvent = std::variant<TextDelta, ThinkingDelta, ThinkingSignature, RedactedThinking, ToolUseStart,
                                 ToolInputDelta, ToolUseEnd, WebSearchStart, WebSearchEnd, Usage, MessageEnd>;

/// The numbers a client is told, after upstream's figures and local estimates were reconciled
/// (kiro-upstream 4.7).
struct FinalUsage {
    std::uint64_t input_tokens = 0;  // uncached
    std::uint64_t cache_read_tokens = 0;
    std::uint64_t cache_write_tokens = 0;
    std::uint64_t output_tokens = 0;  // thinking included
    std::uint64_t thinking_tokens = 0;
    double credits = 0;
    std::uint32_t web_searches = 0;  // that were run
    bool estimated = true;           // no number came from upstream
    std::uint64_t total_input() const { return input_tokens + cache_read_tokens + cache_write_tokens; }
};

}  // namespace kg::chat
