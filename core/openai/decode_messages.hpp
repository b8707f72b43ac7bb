#pragma once

#include "core/base/result.hpp"
#include "core/chat/request.hpp"
#include "core/json/document.hpp"

namespace kg::openai {

/// `messages` of the body (client-apis 6.2): the leading system and developer turns become the
/// system prompt, tool answers in a row become one user turn.
Result<void> decode_messages(json::Node body, chat::Request& request);

}  // namespace kg::openai
