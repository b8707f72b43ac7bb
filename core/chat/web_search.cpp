#include "core/chat/web_search.hpp"

#include <algorithm>
#include <array>

#include "core/base/ascii.hpp"
#include "core/base/base64.hpp"

namespace kg::chat {
namespace {

constexpr std::string_view kSealMark = "kirogate/search/1\n";

constexpr std::array<std::string_view, 5> kErrorNames{"", "unavailable", "invalid_tool_input",
                                                      "max_uses_exceeded", "too_many_requests"};

struct Address {
    std::string host;  // lower case, without port
    std::string_view path;
};

Address address_of(std::string_view url) {
    if (const auto scheme = url.find("://"); scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
    const auto host_end = std::min(url.find_first_of("/?#"), url.size());
    std::string_view host = url.substr(0, host_end);
    if (const auto user = host.rfind('@'); user != std::string_view::npos) host.remove_prefix(user + 1);
    host = host.substr(0, host.find(':'));
    if (host.ends_with('.')) host.remove_suffix(1);
    return {ascii::to_lower(host), url.substr(host_end)};
}

bool is_within(const Address& page, std::string_view domain) {
    const Address wanted = address_of(domain);
    if (wanted.host.empty()) return false;
    const bool host = page.host == wanted.host ||
                      (page.host.size() > wanted.host.size() && page.host.ends_with(wanted.host) &&
                       page.host[page.host.size() - wanted.host.size() - 1] == '.');
    if (!host || wanted.path.size() <= 1) return host;
    const auto star = wanted.path.find('*');
    const auto path = wanted.path.substr(0, star);
    if (!page.path.starts_with(path)) return false;
    const auto rest = page.path.substr(path.size());
    if (star != std::string_view::npos)
        return rest.find(wanted.path.substr(star + 1)) != std::string_view::npos;
    return path.ends_with('/') || rest.empty() ||
           std::string_view("/?#").find(rest.front()) != std::string_view::npos;
}

/// Whether an address that ends before `next` is whole: not the beginning of a longer one.
bool ends_address(std::string_view rest) {
    if (rest.empty()) return true;
    const char c = rest.front();
    if (c == '.' || c == ',' || c == ';' || c == ':' || c == '!' || c == '?')
        return rest.size() == 1 || ascii::is_space(rest[1]);
    return ascii::is_space(c) || std::string_view(")]>}\"'`*|<").find(c) != std::string_view::npos;
}

/// Where the Markdown link begins whose address stands at `at`; npos when it is none.
std::size_t link_begin(std::string_view text, std::size_t at) {
    constexpr std::size_t kLabelMax = 400;
    if (at < 3 || text.substr(at - 2, 2) != "](") return std::string_view::npos;
    const auto label = text.rfind('[', at - 3);
    if (label == std::string_view::npos || at - label > kLabelMax) return std::string_view::npos;
    return label;
}

struct ByteRange {
    std::size_t begin, end;
    const SearchHit* page;
};

void find_page(std::string_view text, const SearchHit& page, std::vector<ByteRange>& out) {
    if (page.url.empty()) return;
    std::size_t from = 0, seen = 0;
    while (seen < kCitationsMax) {
        const auto at = text.find(page.url, from);
        if (at == std::string_view::npos) return;
        from = at + page.url.size();
        if (!ends_address(text.substr(from))) continue;
        const auto label = link_begin(text, at);
        const bool link = label != std::string_view::npos && from < text.size() && text[from] == ')';
        out.push_back({link ? label : at, link ? from + 1 : from, &page});
        ++seen;
    }
}

std::size_t code_points(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

std::string_view search_error_name(SearchError error) {
    return kErrorNames[static_cast<std::size_t>(error)];
}

std::size_t WebSearch::size_bytes() const {
    std::size_t bytes = query.size();
    for (const auto& hit : hits) bytes += hit.title.size() + hit.url.size() + hit.text.size();
    return bytes;
}

std::string search_answer_text(const WebSearch& search) {
    switch (search.error) {
        case SearchError::none: break;
        case SearchError::invalid_input: return "The search was refused: give a `query`.";
        case SearchError::uses_exceeded:
            return "No more searches are allowed in this answer. Go on with what you have.";
        case SearchError::too_many_requests:
        case SearchError::unavailable: return "The web search does not work at the moment. Go on without it.";
    }
    std::string out;
    if (search.hits.empty())
        return out.append("The web search \"").append(search.query).append("\" found nothing.");
    out.append("Results of the web search \"").append(search.query).append("\":\n");
    for (std::size_t i = 0; i < search.hits.size(); ++i) {
        const auto& hit = search.hits[i];
        out.append("\n[").append(std::to_string(i + 1)).append("] ").append(hit.title).append("\n");
        out.append(hit.url).append("\n");
        if (!hit.date.empty()) out.append("Published: ").append(hit.date).append("\n");
        if (!hit.text.empty()) out.append(hit.text).append("\n");
    }
    return out;
}

std::string seal_excerpt(const SearchHit& hit) {
    std::string plain(kSealMark);
    plain.append(hit.date).append("\n").append(hit.text);
    return base64_encode(plain);
}

std::optional<SearchHit> open_excerpt(std::string_view sealed) {
    const auto plain = base64_decode(sealed);
    if (!plain || !plain->starts_with(kSealMark) || !ascii::is_utf8(*plain)) return std::nullopt;
    const auto date_end = plain->find('\n', kSealMark.size());
    if (date_end == std::string::npos) return std::nullopt;
    SearchHit hit;
    hit.date = plain->substr(kSealMark.size(), date_end - kSealMark.size());
    hit.text = plain->substr(date_end + 1);
    return hit;
}

bool may_show(std::string_view url, const WebSearchTool& tool) {
    if (tool.allowed.empty() && tool.blocked.empty()) return true;
    const Address page = address_of(url);
    const auto covers = [&](const std::string& domain) { return is_within(page, domain); };
    if (!tool.allowed.empty() && std::ranges::none_of(tool.allowed, covers)) return false;
    return std::ranges::none_of(tool.blocked, covers);
}

std::vector<Citation> find_citations(std::string_view text, std::span<const SearchHit> pages) {
    std::vector<ByteRange> found;
    for (const auto& page : pages) find_page(text, page, found);
    std::ranges::sort(found, [](const ByteRange& a, const ByteRange& b) {
        return a.begin != b.begin ? a.begin < b.begin : a.end > b.end;
    });
    std::vector<Citation> out;
    std::size_t bytes = 0, points = 0, last_end = 0;
    for (const auto& range : found) {
        // The same page found twice, or an address inside a link's label.
        if (range.begin < last_end || out.size() == kCitationsMax) continue;
        points += code_points(text.substr(bytes, range.begin - bytes));
        const auto end = points + code_points(text.substr(range.begin, range.end - range.begin));
        out.push_back({points, end, range.page});
        points = end;
        bytes = last_end = range.end;
    }
    return out;
}

}  // namespace kg::chat
