#pragma once

#include <string>
#include <string_view>

#include "core/chat/event.hpp"

/// Words that the streamed and the whole form of an answer share, so that they cannot disagree.
namespace kg::openai {

/// `tool_calls`: the answer has at least one; then that is why it ended, whatever upstream says.
std::string_view finish_reason_name(chat::StopReason reason, bool tool_calls, bool legacy_functions);
/// The value of `usage`; prompt_tokens includes the cached ones.
void append_usage(std::string& out, const chat::FinalUsage& usage);

}  // namespace kg::openai
