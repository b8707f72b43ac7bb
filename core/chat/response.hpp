#pragma once

#include <string>
#include <variant>
#include <vector>

#include "core/chat/event.hpp"
#include "core/chat/request.hpp"

namespace kg::chat {

/// A finished answer, parts in order of arrival (Text, Thinking, ToolUse, WebSearch).
struct Response {
    std::vector<Part> parts;
    StopReason stop_reason = StopReason::end_turn;
    std::string stop_sequence;
    FinalUsage usage;
};

}  // namespace kg::chat
