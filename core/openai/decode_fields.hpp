#pragma once

#include <string_view>

#include "core/base/result.hpp"
#include "core/chat/request.hpp"
#include "core/json/document.hpp"

/// Fields that chat completions and the older completions share.
namespace kg::openai {

/// `n` and its like: one answer is what a request gets.
Result<void> refuse_more_than_one(json::Node body, std::string_view key);
/// `max_completion_tokens`, else `max_tokens`.
Result<void> decode_max_tokens(json::Node body, chat::Request& request);
/// `stream` and `stream_options`.
Result<void> decode_stream(json::Node body, chat::Request& request);
Result<void> decode_stop(json::Node body, chat::Request& request);

}  // namespace kg::openai
