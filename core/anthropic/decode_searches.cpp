#include "core/anthropic/decode_searches.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "core/chat/request_rules.hpp"
#include "core/json/read.hpp"

namespace kg::anthropic {
namespace {

constexpr std::size_t kDomainsMax = 200;

Result<std::vector<std::string>> domains(json::Node tool, std::string_view key) {
    KG_TRY(list, json::optional_array(tool, key));
    if (list.size() > kDomainsMax) return Err(json::value_error(list, "at most 200 domains"));
    std::vector<std::string> out;
    for (const json::Node item : list.children()) {
        if (!item.is_string()) return Err(json::type_error(item, "a string"));
        out.emplace_back(item.text());
    }
    return out;
}

/// Searches are told from the client's own calls by their ids, also those that another service ran.
SharedText search_id(json::Node id) {
    if (id.text().starts_with(chat::kSearchIdPrefix)) return id.shared_text();
    return SharedText(std::string(chat::kSearchIdPrefix).append(id.text()));
}

std::string query_of(const std::vector<chat::Part>& parts, std::string_view id) {
    for (const auto& part : parts) {
        const auto* call = std::get_if<chat::ToolUse>(&part);
        if (!call || call->id != id) continue;
        const auto input = json::Document::parse(std::string(call->input.text()));
        return input ? std::string(input->root()["query"].text()) : std::string();
    }
    return {};
}

chat::SearchError error_of(std::string_view code) {
    using enum chat::SearchError;
    for (const auto error : {invalid_input, uses_exceeded, too_many_requests})
        if (code == chat::search_error_name(error)) return error;
    return unavailable;
}

}  // namespace

Result<chat::WebSearchTool> decode_search_tool(json::Node tool) {
    chat::WebSearchTool out;
    KG_TRY(uses, chat::read_token_limit(tool, "max_uses", 1));
    KG_TRY(allowed, domains(tool, "allowed_domains"));
    KG_TRY(blocked, domains(tool, "blocked_domains"));
    if (!allowed.empty() && !blocked.empty())
        return Err(
            json::value_error(tool["blocked_domains"], "cannot be used together with allowed_domains"));
    KG_TRY(location, json::optional_object(tool, "user_location"));
    out.uses_max = uses;
    out.allowed = std::move(allowed);
    out.blocked = std::move(blocked);
    out.place = chat::place_of(location);
    return out;
}

std::optional<chat::ToolUse> past_search_call(json::Node block) {
    if (block["name"].text() != "web_search") return std::nullopt;
    return chat::ToolUse{search_id(block["id"]), SharedText::borrowed("web_search"),
                         chat::tool_input_from_value(block["input"]).json};
}

chat::ToolResult past_search_result(json::Node block, const std::vector<chat::Part>& parts) {
    chat::ToolResult result{search_id(block["tool_use_id"]), {}, false};
    chat::WebSearch search;
    search.query = query_of(parts, result.tool_use_id);
    const json::Node content = block["content"];
    if (content.is_object()) search.error = error_of(content["error_code"].text());
    for (const json::Node page : content.children()) {
        if (!page.is_object() || page["url"].text().empty()) continue;
        auto hit = chat::open_excerpt(page["encrypted_content"].text()).value_or(chat::SearchHit{});
        hit.title = page["title"].text();
        hit.url = page["url"].text();
        if (hit.date.empty()) hit.date = page["page_age"].text();
        search.hits.push_back(std::move(hit));
    }
    result.is_error = search.error != chat::SearchError::none;
    result.content.emplace_back(chat::Text{chat::search_answer_text(search)});
    return result;
}

void split_searches(chat::Request& request) {
    std::vector<chat::Message> out;
    out.reserve(request.messages.size() + 4);
    for (auto& message : request.messages) {
        if (message.role != chat::Role::assistant) {
            out.push_back(std::move(message));
            continue;
        }
        chat::Message* turn = nullptr;
        for (auto& part : message.parts) {
            const auto role =
                std::holds_alternative<chat::ToolResult>(part) ? chat::Role::user : chat::Role::assistant;
            if (!turn || turn->role != role) turn = &out.emplace_back(chat::Message{role, {}, message.place});
            turn->parts.push_back(std::move(part));
        }
    }
    request.messages = std::move(out);
}

}  // namespace kg::anthropic
