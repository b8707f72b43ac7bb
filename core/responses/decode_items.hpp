#pragma once

#include "core/base/result.hpp"
#include "core/chat/request.hpp"
#include "core/json/document.hpp"
#include "core/responses/decode_tools.hpp"
#include "core/responses/reasoning_seal.hpp"

namespace kg::responses {

/// Tools that items of the input declare.
Result<void> add_tools_of_items(json::Node input, ToolDecoder& tools);

/// `input` (client-apis 7.2), a string or items in the order of the conversation. What the assistant
/// said and called between two turns of the user becomes one message, and so do answers of tools in
/// a row.
Result<void> decode_input(json::Node body, const ToolDecoder& tools, const ReasoningSeal& seal,
                          chat::Request& request);

}  // namespace kg::responses
