#pragma once

#include "core/base/result.hpp"
#include "core/chat/request.hpp"
#include "core/json/document.hpp"

namespace kg::openai {

struct ToolOffer {
    bool any_unavailable = false;  // tools were dropped that the gateway cannot serve
};

/// `tools`, `tool_choice`, `parallel_tool_calls`, and the older `functions` and `function_call`.
Result<ToolOffer> decode_tools(json::Node body, chat::Request& request);

}  // namespace kg::openai
