#pragma once

#include "core/base/result.hpp"
#include "core/chat/request.hpp"
#include "core/json/document.hpp"

namespace kg::anthropic {

struct ToolOffer {
    bool any_unavailable = false;  // tools were dropped that the gateway cannot serve
};

/// `tools` and `tool_choice` (client-apis 4.4).
Result<ToolOffer> decode_tools(json::Node body, chat::Request& request);

}  // namespace kg::anthropic
