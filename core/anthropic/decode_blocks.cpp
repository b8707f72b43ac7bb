#include "core/anthropic/decode_blocks.hpp"

#include <array>
#include <string>
#include <string_view>

#include "core/anthropic/decode_files.hpp"
#include "core/anthropic/decode_searches.hpp"
#include "core/chat/request_rules.hpp"
#include "core/json/read.hpp"

namespace kg::anthropic {
namespace {

using Parts = std::vector<chat::Part>;
using Decoder = Result<void> (*)(json::Node, BlockContext, Parts&);

void add_text(SharedText text, Parts& parts) {
    if (!text.empty()) parts.emplace_back(chat::Text{std::move(text)});
}

Result<void> decode_text(json::Node block, BlockContext, Parts& parts) {
    KG_CHECK(json::require_string(block, "text"));
    add_text(block["text"].shared_text(), parts);
    return {};
}

void add_piece(TextOrImage piece, Parts& parts) {
    std::visit([&](auto& value) { parts.emplace_back(std::move(value)); }, piece);
}

Result<void> decode_image_block(json::Node block, BlockContext context, Parts& parts) {
    KG_TRY(image, decode_image(block, context.request));
    add_piece(std::move(image), parts);
    return {};
}

Result<void> decode_document_block(json::Node block, BlockContext context, Parts& parts) {
    std::vector<TextOrImage> pieces;
    KG_CHECK(decode_document(block, context.request, pieces));
    for (auto& piece : pieces) add_piece(std::move(piece), parts);
    return {};
}

Result<void> decode_search_result(json::Node block, BlockContext, Parts& parts) {
    KG_TRY(text, search_result_text(block));
    add_text(std::move(text), parts);
    return {};
}

Result<void> decode_thinking(json::Node block, BlockContext context, Parts& parts) {
    if (context.role == chat::Role::assistant) {
        parts.emplace_back(
            chat::Thinking{block["thinking"].shared_text(), block["signature"].shared_text(), false});
    }
    return {};
}

Result<void> decode_redacted_thinking(json::Node block, BlockContext context, Parts& parts) {
    if (context.role == chat::Role::assistant) {
        parts.emplace_back(chat::Thinking{block["data"].shared_text(), {}, true});
    }
    return {};
}

Result<void> decode_tool_use(json::Node block, BlockContext context, Parts& parts) {
    if (context.role != chat::Role::assistant) {
        return Err(json::value_error(block["type"], "tool_use blocks belong in assistant turns"));
    }
    KG_CHECK(json::require_string(block, "id"));
    KG_CHECK(json::require_string(block, "name"));
    auto input = chat::tool_input_from_value(block["input"]);
    if (input.wrapped)
        chat::warn(context.request, "a tool input in the history is not an object and was kept as text");
    parts.emplace_back(
        chat::ToolUse{block["id"].shared_text(), block["name"].shared_text(), std::move(input.json)});
    return {};
}

Result<void> decode_result_item(json::Node item, chat::Request& request, std::vector<TextOrImage>& out) {
    if (!item.is_object()) return Err(json::type_error(item, "an object"));
    const std::string_view type = item["type"].text();
    if (type == "text") {
        KG_TRY(text, json::require_string(item, "text"));
        if (!text.empty()) out.emplace_back(chat::Text{item["text"].shared_text()});
    } else if (type == "image") {
        KG_TRY(image, decode_image(item, request));
        out.emplace_back(std::move(image));
    } else if (type == "document") {
        return decode_document(item, request, out);
    } else if (type == "search_result") {
        KG_TRY(text, search_result_text(item));
        out.emplace_back(chat::Text{std::move(text)});
    } else if (type == "tool_reference") {
        KG_TRY(name, json::require_string(item, "tool_name"));
        out.emplace_back(chat::Text{"tool " + std::string(name) + " is available"});
    } else {
        chat::warn(request,
                   "tool result content of type " + std::string(type.substr(0, 40)) + " was dropped");
    }
    return {};
}

Result<void> decode_tool_result(json::Node block, BlockContext context, Parts& parts) {
    if (context.role != chat::Role::user) {
        return Err(json::value_error(block["type"], "tool_result blocks belong in user turns"));
    }
    KG_CHECK(json::require_string(block, "tool_use_id"));
    KG_TRY(failed, json::optional_bool(block, "is_error"));
    chat::ToolResult result{block["tool_use_id"].shared_text(), {}, failed.value_or(false)};
    const json::Node content = block["content"];
    if (content.is_string()) {
        if (!content.text().empty()) result.content.emplace_back(chat::Text{content.shared_text()});
    } else if (content.is_array()) {
        result.content.reserve(content.size());
        for (const json::Node item : content.children()) {
            KG_CHECK(decode_result_item(item, context.request, result.content));
        }
    } else if (!content.is_null_or_missing()) {
        return Err(json::type_error(content, "a string or an array"));
    }
    parts.emplace_back(std::move(result));
    return {};
}

Result<void> decode_past_search(json::Node block, BlockContext context, Parts& parts) {
    if (context.role != chat::Role::assistant) return {};
    if (auto call = past_search_call(block)) {
        parts.emplace_back(std::move(*call));
        context.request.past_searches = true;
    }
    return {};
}

Result<void> decode_past_result(json::Node block, BlockContext context, Parts& parts) {
    if (context.role != chat::Role::assistant) return {};
    parts.emplace_back(past_search_result(block, parts));
    context.request.past_searches = true;
    return {};
}

Result<void> decode_compaction(json::Node block, BlockContext, Parts& parts) {
    add_text(block["content"].shared_text(), parts);
    return {};
}

Result<void> drop_silently(json::Node, BlockContext, Parts&) {
    return {};
}

struct BlockRow {
    std::string_view type;
    Decoder decode;
};
constexpr auto kBlocks = std::to_array<BlockRow>({
    {"text", decode_text},
    {"tool_result", decode_tool_result},
    {"tool_use", decode_tool_use},
    {"thinking", decode_thinking},
    {"redacted_thinking", decode_redacted_thinking},
    {"image", decode_image_block},
    {"document", decode_document_block},
    {"search_result", decode_search_result},
    {"web_search_tool_result", decode_past_result},
    {"compaction", decode_compaction},
    {"server_tool_use", decode_past_search},
    {"fallback", drop_silently},
    {"container_upload", drop_silently},
    {"mcp_tool_listing", drop_silently},
    {"tool_addition", drop_silently},
    {"tool_removal", drop_silently},
});

}  // namespace

Result<void> decode_block(json::Node block, BlockContext context, Parts& parts) {
    if (!block.is_object()) return Err(json::type_error(block, "an object"));
    KG_TRY(type, json::require_string(block, "type"));
    for (const auto& row : kBlocks) {
        if (row.type == type) return row.decode(block, context, parts);
    }
    // New block types appear every month; refusing them would break clients that merely replay
    // them.
    chat::warn(context.request, "content block of type " + std::string(type.substr(0, 40)) + " was dropped");
    return {};
}

}  // namespace kg::anthropic
