#pragma once

#include <string>
#include <string_view>

#include "core/chat/request.hpp"
#include "core/kiro/failure.hpp"

namespace kg::websearch {

/// The search as the model sees it: a tool like any other, under a name that none of the client's has.
chat::ToolSpec search_tool(const chat::Request& request);
/// The query of a call; empty when the model gave none.
std::string query_of(std::string_view input);
chat::SearchError search_error(const kiro::Failure& failure);
/// What the model is told of a finished search.
chat::ToolResult tool_result(std::string_view call_id, const chat::WebSearch& search);

}  // namespace kg::websearch
