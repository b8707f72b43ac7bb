#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Searches of the web that the gateway runs for the model, on behalf of clients that declare such a
/// tool (client-apis 4.10).
namespace kg::chat {

/// The tool as the client declared it.
struct WebSearchTool {
    std::optional<std::uint32_t> uses_max;      // in one answer
    std::vector<std::string> allowed, blocked;  // domains, with or without a path; at most one is not empty
    std::string place;                          // where the user is, for the model: "Oslo, NO"
    bool forced = false;                        // the client's tool_choice names it, or leaves nothing else
};

/// One page that a search found.
struct SearchHit {
    std::string title, url;
    std::string text;  // excerpt, as long as the search service makes it
    std::string date;  // of publication, "2026-01-31"; empty when unknown
};

enum class SearchError : std::uint8_t { none, unavailable, invalid_input, uses_exceeded, too_many_requests };
std::string_view search_error_name(SearchError error);  // as Anthropic calls it: "max_uses_exceeded"

/// One search and what came of it. Stands in answers only: in a request it is a tool call and its
/// result.
struct WebSearch {
    std::string id;  // 32 hexadecimal digits; each API puts its own prefix before it
    std::string query;
    std::vector<SearchHit> hits;
    SearchError error = SearchError::none;
    std::size_t size_bytes() const;
};

/// Ids of searches in a conversation's history begin so.
constexpr std::string_view kSearchIdPrefix = "srvtoolu_";

/// What the model reads of a finished search.
std::string search_answer_text(const WebSearch& search);
/// An excerpt (and date) as an opaque text that a client plays back; nothing for texts of others.
std::string seal_excerpt(const SearchHit& hit);
std::optional<SearchHit> open_excerpt(std::string_view sealed);  // text and date only

/// Whether a page is within what the client asked for: "example.com" stands for its subdomains too,
/// "example.com/blog" for what is at or below that path, where one * stands for anything.
bool may_show(std::string_view url, const WebSearchTool& tool);

/// A place in an answer where one of the pages is named; counted in code points. Of a Markdown link
/// all of it.
struct Citation {
    std::size_t begin = 0, end = 0;
    const SearchHit* page = nullptr;
};
constexpr std::size_t kCitationsMax = 200;
/// In order of their places, at most kCitationsMax; they point into `pages`.
std::vector<Citation> find_citations(std::string_view text, std::span<const SearchHit> pages);

}  // namespace kg::chat
