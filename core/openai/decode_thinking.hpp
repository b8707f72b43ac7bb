#pragma once

#include "core/base/result.hpp"
#include "core/chat/request.hpp"
#include "core/json/document.hpp"

namespace kg::openai {

/// `reasoning_effort`, the routers' `reasoning` object and Anthropic's `thinking` object, each of
/// which some client sends; the most specific one that is present decides.
Result<void> decode_thinking(json::Node body, chat::Request& request);

}  // namespace kg::openai
