#pragma once

#include "core/base/result.hpp"
#include "core/chat/request.hpp"
#include "core/json/document.hpp"

namespace kg::anthropic {

/// Top-level `system`: a string or text blocks; the billing marker of Claude Code is left out,
/// because it differs in every call.
Result<void> decode_system(json::Node system, chat::Request& request);
/// `messages` of the body (client-apis 4.3).
Result<void> decode_messages(json::Node body, chat::Request& request);

}  // namespace kg::anthropic
