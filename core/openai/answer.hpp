#pragma once

#include <string>
#include <string_view>

#include "core/chat/event.hpp"
#include "core/chat/request.hpp"

/// Words that the streamed and the whole form of an answer share, so that they cannot disagree.
namespace kg::openai {

/// `tool_calls`: the answer has at least one; then that is why it ended, whatever upstream says.
std::string_view finish_reason_name(chat::StopReason reason, bool tool_calls, bool legacy_functions);
/// Whether the tool is one of free text, whose calls have an input instead of arguments.
bool takes_text(const chat::Request& request, std::string_view tool);
/// The value of `usage`; prompt_tokens includes the cached ones.
void append_usage(std::string& out, const chat::FinalUsage& usage);

}  // namespace kg::openai
