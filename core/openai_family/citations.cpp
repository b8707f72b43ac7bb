#include "core/openai_family/citations.hpp"

#include "core/json/writer.hpp"

namespace kg::openai_family {

std::vector<std::string> url_citations(std::string_view text, std::span<const chat::SearchHit> pages,
                                       CitationForm form) {
    std::vector<std::string> out;
    for (const auto& citation : chat::find_citations(text, pages)) {
        json::Writer writer(out.emplace_back());
        writer.begin_object().member("type", "url_citation");
        if (form == CitationForm::nested) writer.key("url_citation").begin_object();
        writer.member("start_index", citation.begin).member("end_index", citation.end);
        writer.member("url", citation.page->url).member("title", citation.page->title);
        if (form == CitationForm::nested) writer.end_object();
        writer.end_object();
    }
    return out;
}

std::string joined(const std::vector<std::string>& items) {
    std::string out;
    for (const auto& item : items) out.append(out.empty() ? "" : ",").append(item);
    return out;
}

}  // namespace kg::openai_family
