#pragma once

#include <optional>
#include <vector>

#include "core/base/result.hpp"
#include "core/chat/request.hpp"
#include "core/json/document.hpp"

namespace kg::anthropic {

/// The tool `web_search_20250305` or a later one (client-apis 4.10).
Result<chat::WebSearchTool> decode_search_tool(json::Node tool);

/// A `server_tool_use` block of an assistant's turn as a call; nothing for other tools than the search.
std::optional<chat::ToolUse> past_search_call(json::Node block);
/// A `web_search_tool_result` block likewise; `parts` is the turn so far, which holds its call. What this
/// gateway found is read back whole, of what others found titles and addresses.
chat::ToolResult past_search_result(json::Node block, const std::vector<chat::Part>& parts);
/// Such results stand in assistant turns: these are split, so that each result follows its call in a
/// turn of the user, as it went upstream.
void split_searches(chat::Request& request);

}  // namespace kg::anthropic
