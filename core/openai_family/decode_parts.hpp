#pragma once

#include <string>
#include <variant>
#include <vector>

#include "core/base/result.hpp"
#include "core/chat/request.hpp"
#include "core/json/document.hpp"

namespace kg::openai_family {

using TextOrImage = std::variant<chat::Text, chat::Image>;

/// `content` of a user or tool message: a string or parts, by the names of both APIs.
Result<void> decode_content(json::Node content, chat::Request& request, std::vector<TextOrImage>& out);
/// `content` of a system or assistant message, where only text counts; parts are joined by
/// `separator`. Null and missing are empty.
Result<SharedText> decode_text_content(json::Node content, std::string_view separator);

}  // namespace kg::openai_family
