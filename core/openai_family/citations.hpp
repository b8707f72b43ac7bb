#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/chat/web_search.hpp"

namespace kg::openai_family {

/// Chat completions put the members of an annotation one level deeper than the Responses API.
enum class CitationForm : bool { flat, nested };

/// A `url_citation` for each place in `text` where one of the pages is named, each one JSON object.
std::vector<std::string> url_citations(std::string_view text, std::span<const chat::SearchHit> pages,
                                       CitationForm form);
std::string joined(const std::vector<std::string>& items);  // with commas between

}  // namespace kg::openai_family
