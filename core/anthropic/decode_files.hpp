#pragma once

#include <string>
#include <variant>
#include <vector>

#include "core/base/result.hpp"
#include "core/chat/request.hpp"
#include "core/json/document.hpp"

namespace kg::anthropic {

using TextOrImage = std::variant<chat::Text, chat::Image>;

Result<chat::Image> decode_image(json::Node block);
/// A `document` block as text, and the pictures of a `content` source.
Result<void> decode_document(json::Node block, chat::Request& request, std::vector<TextOrImage>& out);
/// A `search_result` block: title, source and text.
Result<std::string> search_result_text(json::Node block);

}  // namespace kg::anthropic
