#include "core/anthropic/decode_files.hpp"

#include "core/chat/inline_file.hpp"
#include "core/chat/request_rules.hpp"
#include "core/json/read.hpp"

namespace kg::anthropic {
namespace {

std::string document_head(json::Node block) {
    std::string head;
    if (const auto title = block["title"].text(); !title.empty())
        head.append("Document: ").append(title).append("\n");
    if (const auto about = block["context"].text(); !about.empty()) head.append(about).append("\n");
    return head;
}

Result<void> decode_content_source(json::Node source, std::string head, chat::Request& request,
                                   std::vector<TextOrImage>& out) {
    const json::Node content = source["content"];
    if (content.is_string()) {
        out.emplace_back(chat::Text{std::move(head) + std::string(content.text())});
        return {};
    }
    if (!content.is_array()) return Err(json::type_error(content, "a string or an array"));
    if (!head.empty()) out.emplace_back(chat::Text{std::move(head)});
    for (const json::Node item : content.children()) {
        if (item["type"].text() == "image") {
            KG_TRY(image, decode_image(item, request));
            out.emplace_back(std::move(image));
        } else {
            KG_CHECK(json::require_string(item, "text"));
            out.emplace_back(chat::Text{item["text"].shared_text()});
        }
    }
    return {};
}

}  // namespace

Result<TextOrImage> decode_image(json::Node block, chat::Request& request) {
    KG_TRY(source, json::require_object(block, "source"));
    KG_TRY(type, json::require_string(source, "type"));
    if (type == "base64") {
        KG_TRY(media_type, json::require_string(source, "media_type"));
        KG_TRY(data, json::require_string(source, "data"));
        KG_TRY(image, chat::make_image(media_type, data, source));
        return TextOrImage(std::move(image));
    }
    if (type == "url") {
        KG_TRY(url, json::require_string(source, "url"));
        return chat::read_image(url, source["url"], request);
    }
    return Err(chat::unsupported_error(source["type"], "images are accepted as base64 or url sources only"));
}

Result<void> decode_document(json::Node block, chat::Request& request, std::vector<TextOrImage>& out) {
    KG_TRY(source, json::require_object(block, "source"));
    KG_TRY(type, json::require_string(source, "type"));
    if (block["citations"]["enabled"].as_bool().value_or(false))
        chat::warn(request, "citations of documents are not made");
    std::string head = document_head(block);
    if (type == "text") {
        KG_TRY(data, json::require_string(source, "data"));
        out.emplace_back(chat::Text{head.append(data)});
        return {};
    }
    if (type == "content") return decode_content_source(source, std::move(head), request, out);
    const auto title = block["title"].text();
    if (type == "url") {
        KG_TRY(url, json::require_string(source, "url"));
        KG_TRY(mark, chat::read_document_url(url, title, std::move(head), source["url"], request));
        out.emplace_back(std::move(mark));
        return {};
    }
    if (type != "base64") {
        return Err(chat::unsupported_error(source["type"],
                                           "stored files are not supported; send text or base64 data"));
    }
    KG_TRY(data, json::require_string(source, "data"));
    KG_TRY(text, chat::read_file({.media_type = source["media_type"].text(),
                                  .base64 = data,
                                  .name = title,
                                  .head = std::move(head)},
                                 source, request));
    out.emplace_back(std::move(text));
    return {};
}

Result<std::string> search_result_text(json::Node block) {
    std::string text;
    for (const std::string_view key : {"title", "source"}) {
        KG_TRY(value, json::optional_string(block, key));
        if (value && !value->empty()) text.append(*value).append("\n");
    }
    KG_TRY(content, json::optional_array(block, "content"));
    for (const json::Node item : content.children()) {
        KG_TRY(piece, json::optional_string(item, "text"));
        if (piece) text.append(*piece).append("\n");
    }
    if (!text.empty()) text.pop_back();
    return text;
}

}  // namespace kg::anthropic
