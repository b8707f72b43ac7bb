#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/kiro/conversation.hpp"
#include "core/kiro/tool_specs.hpp"

namespace kg::kiro {

/// About the body's size, escapes aside: to reserve by.
std::size_t estimate_body_bytes(const Conversation& conversation, const std::vector<WireTool>& tools);

/// Appends `{"conversationState":{...}` without the closing brace of the root (2.2-2.5, 2.7).
void append_conversation_state(std::string& out, Conversation& conversation,
                               const std::vector<WireTool>& tools, const EncodeOptions& options);

}  // namespace kg::kiro
