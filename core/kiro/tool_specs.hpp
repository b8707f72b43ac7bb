#pragma once

#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/kiro/conversation.hpp"
#include "core/kiro/request_encoder.hpp"

namespace kg::kiro {

/// One element of `tools`, pointing into the request, the conversation's arena or the name map.
struct WireTool {
    std::string_view name;
    SharedText description;
    std::string_view schema;  // JSON
};

/// Whether the request lets the model call anything at all.
bool offers_tools(const chat::Request& request);

/// The tools of the current message: the client's, restricted by tool_choice, then a placeholder
/// for each tool that only the history knows (C9). Gives every call of the history its wire name;
/// adds the rest of cut descriptions and the tool_choice instruction to the system sections.
Result<std::vector<WireTool>> plan_tools(const chat::Request& request, const EncodeOptions& options,
                                         Conversation& conversation, ToolNames& names);

}  // namespace kg::kiro
