#include "core/anthropic/decode_messages.hpp"

#include <cstdint>
#include <string>

#include "core/anthropic/decode_blocks.hpp"
#include "core/chat/request_rules.hpp"
#include "core/json/read.hpp"

namespace kg::anthropic {
namespace {

constexpr std::string_view kBillingMark = "x-anthropic-billing-header:";

/// A system turn's text: absent, a string, or blocks of which only text counts.
Result<std::string> system_text(json::Node content) {
    if (content.is_null_or_missing()) return std::string();
    if (content.is_string()) return std::string(content.text());
    if (!content.is_array()) return Err(json::type_error(content, "a string or an array"));
    std::string text;
    for (const json::Node block : content.children()) {
        if (!block.is_object()) return Err(json::type_error(block, "an object"));
        if (block["type"].text() != "text") continue;
        KG_TRY(piece, json::require_string(block, "text"));
        if (piece.empty() || piece.starts_with(kBillingMark)) continue;
        if (!text.empty()) text += "\n\n";
        text += piece;
    }
    return text;
}

Result<void> decode_content(json::Node message, BlockContext context, std::vector<chat::Part>& parts) {
    const json::Node content = message["content"];
    if (content.is_null_or_missing()) return Err(json::missing_error(message, "content"));
    if (content.is_string()) {
        if (!content.text().empty()) parts.emplace_back(chat::Text{content.shared_text()});
        return {};
    }
    if (!content.is_array()) return Err(json::type_error(content, "a string or an array"));
    parts.reserve(content.size());
    for (const json::Node block : content.children()) KG_CHECK(decode_block(block, context, parts));
    return {};
}

}  // namespace

Result<void> decode_system(json::Node system, chat::Request& request) {
    if (system.is_string() && system.text().starts_with(kBillingMark)) {
        // The marker is one line; whatever follows it is the prompt.
        const auto line_end = system.text().find('\n');
        if (line_end != std::string_view::npos)
            request.system = std::string(system.text().substr(line_end + 1));
        return {};
    }
    KG_TRY(text, system_text(system));
    request.system = std::move(text);
    return {};
}

Result<void> decode_messages(json::Node body, chat::Request& request) {
    KG_TRY(list, json::require_array(body, "messages"));
    if (list.size() == 0) return Err(json::value_error(list, "at least one message is required"));
    request.messages.reserve(list.size());
    bool user_seen = false;
    std::uint32_t place = 0;
    for (const json::Node node : list.children()) {
        const auto here = place++;
        if (!node.is_object()) return Err(json::type_error(node, "an object"));
        KG_TRY(role, json::require_string(node, "role"));
        if (role == "system") {
            KG_TRY(text, system_text(node["content"]));
            if (!user_seen) {
                chat::append_system(request, text);
            } else if (!text.empty()) {
                auto& message = request.messages.emplace_back();
                message.role = chat::Role::system;
                message.place = here;
                message.parts.emplace_back(chat::Text{std::move(text)});
            }
            continue;
        }
        const bool user = role == "user";
        if (!user && role != "assistant") {
            return Err(json::value_error(node["role"], "expected user, assistant or system"));
        }
        user_seen = user_seen || user;
        auto& message = request.messages.emplace_back();
        message.role = user ? chat::Role::user : chat::Role::assistant;
        message.place = here;
        const BlockContext context{request, message.role};
        KG_CHECK(decode_content(node, context, message.parts));
    }
    return {};
}

}  // namespace kg::anthropic
