#pragma once

#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/base/result.hpp"
#include "core/chat/request.hpp"
#include "core/json/document.hpp"

namespace kg::openai_family {

using Names = std::unordered_set<std::string_view>;  // views into the request's document

/// {name, description?, parameters?}.
Result<chat::ToolSpec> read_function(json::Node function);
/// A web search tool, or chat's web_search_options: {filters?: {allowed_domains?, blocked_domains?},
/// user_location?, ...}. The first one counts.
Result<void> read_web_search(json::Node tool, chat::Request& request);
/// web_search, web_search_preview and their dated forms.
bool is_web_search(std::string_view type);
/// What tool_choice names in `item` must be one of the tools.
Result<void> require_declared(json::Node name, json::Node item, const std::vector<chat::ToolSpec>& tools);
/// A tool of a kind that the gateway cannot serve: dropped, with a warning.
void warn_dropped(std::string_view type, chat::Request& request);
/// "auto", "none", "required" (or "any").
Result<void> set_word_choice(json::Node choice, std::string_view word, chat::Request& request);

}  // namespace kg::openai_family
