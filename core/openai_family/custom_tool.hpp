#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/chat/request.hpp"
#include "core/json/document.hpp"

/// Tools whose input is free text (client-apis 7.3). Upstream knows none: they travel as functions of one
/// text, `input`, and the grammar travels in the description.
namespace kg::openai_family {

/// {name, description?, format?}; the grammar stands in the format or, in chat completions, in its member
/// `grammar`.
Result<chat::ToolSpec> read_custom_tool(json::Node custom);
/// The input of a past call as the function's.
RawJson custom_input(const SharedText& text);
/// The text of a call. A model that misses the one member it was told of has still said something: the
/// only text there is, or else all of it.
std::string custom_text(std::string_view input);

}  // namespace kg::openai_family
