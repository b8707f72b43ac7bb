#include "core/openai_family/decode_parts.hpp"

#include "core/chat/inline_file.hpp"
#include "core/chat/request_rules.hpp"
#include "core/json/read.hpp"

namespace kg::openai_family {
namespace {

Result<void> decode_image(json::Node part, chat::Request& request, std::vector<TextOrImage>& out) {
    if (!part["file_id"].is_null_or_missing()) {
        return Err(
            chat::unsupported_error(part["file_id"], "stored files are not supported; send the picture"));
    }
    json::Node url = part["image_url"];
    if (url.is_null_or_missing()) return Err(json::missing_error(part, "image_url"));
    if (url.is_object()) {
        KG_CHECK(json::require_string(url, "url"));
        url = url["url"];
    }
    if (!url.is_string()) return Err(json::type_error(url, "an object with a url"));
    KG_TRY(image, chat::read_image(url.text(), url, request));
    out.emplace_back(std::move(image));
    return {};
}

std::string file_head(std::string_view name) {
    return name.empty() ? std::string() : "File: " + std::string(name) + "\n";
}

Result<void> decode_file(json::Node file, chat::Request& request, std::vector<TextOrImage>& out) {
    if (!file["file_id"].is_null_or_missing()) {
        return Err(
            chat::unsupported_error(file["file_id"], "stored files are not supported; send file_data"));
    }
    if (!file["file_url"].is_null_or_missing()) {
        KG_TRY(url, json::require_string(file, "file_url"));
        const std::string_view called = file["filename"].text();
        KG_TRY(mark, chat::read_document_url(url, called, file_head(called), file["file_url"], request));
        out.emplace_back(std::move(mark));
        return {};
    }
    KG_TRY(data, json::require_string(file, "file_data"));
    const std::string_view name = file["filename"].text();
    const auto uri = chat::parse_data_uri(data);
    const json::Node where = file["file_data"];
    if (uri && uri->media_type.starts_with("image/")) {
        KG_TRY(image, chat::make_image(uri->media_type, uri->base64, where));
        out.emplace_back(std::move(image));
        return {};
    }
    KG_TRY(text, chat::read_file({.media_type = uri ? uri->media_type : std::string_view(),
                                  .base64 = uri ? uri->base64 : data,
                                  .name = name,
                                  .head = file_head(name)},
                                 where, request));
    out.emplace_back(std::move(text));
    return {};
}

Result<void> decode_part(json::Node part, chat::Request& request, std::vector<TextOrImage>& out) {
    if (part.is_string()) {
        if (!part.text().empty()) out.emplace_back(chat::Text{part.shared_text()});
        return {};
    }
    if (!part.is_object()) return Err(json::type_error(part, "an object"));
    KG_TRY(type, json::require_string(part, "type"));
    if (type == "text" || type == "input_text" || type == "output_text") {
        KG_TRY(text, json::require_string(part, "text"));
        if (!text.empty()) out.emplace_back(chat::Text{part["text"].shared_text()});
        return {};
    }
    if (type == "image_url" || type == "input_image") return decode_image(part, request, out);
    if (type == "input_file") return decode_file(part, request, out);
    if (type == "file") {
        KG_TRY(file, json::require_object(part, "file"));
        return decode_file(file, request, out);
    }
    if (type == "input_audio")
        return Err(chat::unsupported_error(part["type"], "audio input is not supported"));
    chat::warn(request, "content part of type " + std::string(type.substr(0, 40)) + " was dropped");
    return {};
}

}  // namespace

Result<void> decode_content(json::Node content, chat::Request& request, std::vector<TextOrImage>& out) {
    if (content.is_string()) {
        if (!content.text().empty()) out.emplace_back(chat::Text{content.shared_text()});
        return {};
    }
    if (!content.is_array()) return Err(json::type_error(content, "a string or an array"));
    out.reserve(out.size() + content.size());
    for (const json::Node part : content.children()) KG_CHECK(decode_part(part, request, out));
    return {};
}

Result<SharedText> decode_text_content(json::Node content, std::string_view separator) {
    if (content.is_null_or_missing()) return SharedText();
    if (content.is_string()) return content.shared_text();
    if (!content.is_array()) return Err(json::type_error(content, "a string or an array"));
    std::string text;
    SharedText only;
    std::size_t pieces = 0;
    for (const json::Node part : content.children()) {
        SharedText piece = part.shared_text();
        if (!part.is_string()) {
            if (!part.is_object()) return Err(json::type_error(part, "an object"));
            const json::Node value = part["text"].is_string() ? part["text"] : part["refusal"];
            piece = value.shared_text();
        }
        if (piece.empty()) continue;
        if (++pieces == 1) {
            only = std::move(piece);
            continue;
        }
        if (pieces == 2) text = only.view();
        (text += separator) += piece.view();
    }
    return pieces < 2 ? only : SharedText(std::move(text));
}

}  // namespace kg::openai_family
