#pragma once

#include <string>
#include <variant>
#include <vector>

#include "core/base/result.hpp"
#include "core/chat/request.hpp"
#include "core/json/document.hpp"

namespace kg::anthropic {

using TextOrImage = std::variant<chat::Text, chat::Image>;

/// A picture, or an attachment that will become one.
Result<TextOrImage> decode_image(json::Node block, chat::Request& request);
/// A `document` block as text (or an attachment), and the pictures of a `content` source.
Result<void> decode_document(json::Node block, chat::Request& request, std::vector<TextOrImage>& out);
/// A `search_result` block: title, source and text.
Result<std::string> search_result_text(json::Node block);

}  // namespace kg::anthropic
