#include "core/websearch/search_tool.hpp"

#include <algorithm>

#include "core/base/ascii.hpp"
#include "core/json/document.hpp"

namespace kg::websearch {
namespace {

constexpr std::string_view kSchema =
    R"({"type":"object","properties":{"query":{"type":"string",)"
    R"("description":"What to search for, in at most 200 characters."}},"required":["query"]})";

std::string list_of(const std::vector<std::string>& domains) {
    std::string out;
    for (const auto& domain : domains) out.append(out.empty() ? "" : ", ").append(domain);
    return out;
}

}  // namespace

chat::ToolSpec search_tool(const chat::Request& request) {
    std::string name = "web_search";
    while (std::ranges::any_of(request.tools, [&](const chat::ToolSpec& tool) {
        return ascii::equals_ignoring_case(tool.name.view(), name);
    }))
        name += '_';
    std::string about =
        "Searches the web and returns excerpts of the pages found, with their addresses. Use it for facts "
        "that you do not know or that may have changed. Name the pages you rely on as Markdown links, "
        "[title](address).";
    const auto& tool = *request.web_search;
    if (!tool.allowed.empty())
        about += " Only pages of these sites are shown: " + list_of(tool.allowed) + ".";
    if (!tool.blocked.empty()) about += " Pages of these sites are left out: " + list_of(tool.blocked) + ".";
    if (!tool.place.empty()) about += " The user is here: " + tool.place + ".";
    chat::ToolSpec spec;
    spec.name = SharedText(std::move(name));
    spec.description = SharedText(std::move(about));
    spec.schema = RawJson::trusted(SharedText::borrowed(kSchema));
    return spec;
}

std::string query_of(std::string_view input) {
    const auto document = json::Document::parse(std::string(input));
    if (!document) return {};
    return std::string(ascii::trim(document->root()["query"].text()));
}

chat::SearchError search_error(const kiro::Failure& failure) {
    using enum kiro::FailureClass;
    switch (failure.cls) {
        case rate_limited_user:
        case throttled:
        case quota_exhausted: return chat::SearchError::too_many_requests;
        case malformed: return chat::SearchError::invalid_input;
        default: return chat::SearchError::unavailable;
    }
}

chat::ToolResult tool_result(std::string_view call_id, const chat::WebSearch& search) {
    chat::ToolResult result{SharedText(call_id), {}, search.error != chat::SearchError::none};
    result.content.emplace_back(chat::Text{chat::search_answer_text(search)});
    return result;
}

}  // namespace kg::websearch
