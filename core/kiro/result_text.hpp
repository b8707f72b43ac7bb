#pragma once

#include <cstddef>
#include <string>

#include "core/chat/request.hpp"

namespace kg::kiro {

/// Appends a result's text, JSON-escaped: parts joined by a newline, each image replaced by a
/// pointer to its place in the message's images (counted on in `image`). Never empty (quirk 31).
/// Returns whether it was cut at the service's limit (C18).
bool append_result_text(std::string& out, const chat::ToolResult& result, unsigned& image);

/// Tool traffic as plain text, for conversations in which upstream must not see it as such.
std::string result_as_text(const chat::ToolResult& result);
std::string call_as_text(const chat::ToolUse& use);

}  // namespace kg::kiro
