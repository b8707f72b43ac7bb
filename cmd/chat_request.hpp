#pragma once

#include "cmd/context.hpp"
#include "cmd/options.hpp"
#include "core/chat/request.hpp"

namespace kg::cmd {

/// The request that the options, files and standard input make.
Result<chat::Request> chat_request(const ChatOptions& options);
/// The same as an OpenAI body, for `--server`.
std::string openai_body(const chat::Request& request);

}  // namespace kg::cmd
