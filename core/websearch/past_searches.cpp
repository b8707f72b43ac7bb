#include "core/websearch/past_searches.hpp"

#include <algorithm>

namespace kg::websearch {
namespace {

bool is_search(std::string_view id) {
    return id.starts_with(chat::kSearchIdPrefix);
}

/// What the search found; its call says nothing more.
void take_texts(const chat::ToolResult& result, std::vector<chat::Part>& out) {
    for (const auto& item : result.content)
        if (const auto* text = std::get_if<chat::Text>(&item)) out.emplace_back(*text);
}

}  // namespace

void searches_to_text(chat::Request& request) {
    for (auto& message : request.messages) {
        std::vector<chat::Part> kept;
        kept.reserve(message.parts.size());
        for (auto& part : message.parts) {
            const auto* result = std::get_if<chat::ToolResult>(&part);
            const auto* call = std::get_if<chat::ToolUse>(&part);
            if (result && is_search(result->tool_use_id))
                take_texts(*result, kept);
            else if (!call || !is_search(call->id))
                kept.push_back(std::move(part));
        }
        message.parts = std::move(kept);
    }
    std::erase_if(request.messages, [](const chat::Message& message) { return message.parts.empty(); });
    request.past_searches = false;
}

}  // namespace kg::websearch
