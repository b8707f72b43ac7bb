#include "core/chat/inline_file.hpp"

#include <array>
#include <utility>

#include "core/base/ascii.hpp"
#include "core/base/base64.hpp"
#include "core/chat/request_rules.hpp"

namespace kg::chat {
namespace {

constexpr auto kImageFormats = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"image/png", "png"},
    {"image/jpeg", "jpeg"},
    {"image/jpg", "jpeg"},
    {"image/gif", "gif"},
    {"image/webp", "webp"},
});

Error bad_value(ErrorKind kind, json::Node where, std::string_view sentence) {
    Error error{.kind = kind, .message = where.path(), .param = where.path()};
    error.message.append(": ").append(sentence);
    return error;
}

/// Line breaks (MIME style) removed and padding completed; nothing when it is not base64 even then.
std::optional<std::string> clean_base64(std::string_view text) {
    if (text.empty()) return std::nullopt;
    if (base64_valid(text)) return std::string(text);
    std::string clean;
    clean.reserve(text.size() + 3);
    for (const char c : text) {
        if (!ascii::is_space(c)) clean += c;
    }
    while (clean.size() % 4 != 0) clean += '=';
    if (clean.empty() || !base64_valid(clean)) return std::nullopt;
    return clean;
}

bool is_web_address(std::string_view url) {
    const std::string scheme = ascii::to_lower(url.substr(0, 8));
    return scheme.starts_with("http://") || scheme.starts_with("https://");
}

/// By its type, its name, or its first bytes.
bool is_pdf(const InlineFile& file) {
    constexpr std::string_view kMagic = "JVBERi0";  // "%PDF-" in base64
    return ascii::equals_ignoring_case(file.media_type, "application/pdf") ||
           ascii::trim(file.base64).starts_with(kMagic) ||
           (file.media_type.empty() && ascii::to_lower(file.name).ends_with(".pdf"));
}

bool is_text_type(std::string_view media_type) {
    return ascii::to_lower(media_type.substr(0, 5)) == "text/" ||
           ascii::equals_ignoring_case(media_type, "application/json") ||
           ascii::equals_ignoring_case(media_type, "application/xml");
}

}  // namespace

std::optional<DataUri> parse_data_uri(std::string_view uri) {
    constexpr std::string_view scheme = "data:";
    if (!ascii::equals_ignoring_case(uri.substr(0, scheme.size()), scheme)) return std::nullopt;
    const auto comma = uri.find(',');
    if (comma == std::string_view::npos) return std::nullopt;
    const std::string_view head = uri.substr(scheme.size(), comma - scheme.size());
    const auto last = head.rfind(';');
    if (last == std::string_view::npos) return std::nullopt;
    if (!ascii::equals_ignoring_case(ascii::trim(head.substr(last + 1)), "base64")) return std::nullopt;
    return DataUri{ascii::trim(head.substr(0, head.find(';'))), uri.substr(comma + 1)};
}

Result<Image> make_image(std::string_view media_type, std::string_view base64, json::Node where) {
    for (const auto& row : kImageFormats) {
        if (!ascii::equals_ignoring_case(row.first, media_type)) continue;
        auto clean = clean_base64(base64);
        if (!clean) {
            return Err(bad_value(ErrorKind::malformed_request, where,
                                 "could not process image: the data is not base64"));
        }
        return Image{std::string(row.second), std::move(*clean)};
    }
    return Err(bad_value(ErrorKind::unsupported, where,
                         "unsupported image type; use image/png, image/jpeg, image/gif or image/webp"));
}

Result<Image> make_image_from_data(std::string_view url, json::Node where) {
    if (const auto data = parse_data_uri(url)) return make_image(data->media_type, data->base64, where);
    return Err(bad_value(ErrorKind::malformed_request, where, "expected a base64 data URI of an image"));
}

Result<std::variant<Text, Image>> read_image(std::string_view url, json::Node where, Request& request) {
    using Piece = std::variant<Text, Image>;
    if (is_web_address(url)) {
        Attachment attachment;
        attachment.kind = Attachment::Kind::image_url;
        attachment.source = SharedText(url);
        KG_TRY(mark, attach(request, std::move(attachment), where));
        return Piece(std::move(mark));
    }
    KG_TRY(image, make_image_from_data(url, where));
    return Piece(std::move(image));
}

Result<Text> read_document_url(std::string_view url, std::string_view name, std::string head,
                               json::Node where, Request& request) {
    if (!is_web_address(url))
        return Err(bad_value(ErrorKind::malformed_request, where, "expected an http or https address"));
    Attachment attachment;
    attachment.kind = Attachment::Kind::document_url;
    attachment.source = SharedText(url);
    attachment.name = name;
    attachment.head = std::move(head);
    return attach(request, std::move(attachment), where);
}

Result<Text> read_file(InlineFile file, json::Node where, Request& request) {
    const bool text = is_text_type(file.media_type);
    const bool pdf = !text && is_pdf(file);
    auto clean = text || pdf ? clean_base64(file.base64) : std::nullopt;
    if ((text || pdf) && !clean)
        return Err(bad_value(ErrorKind::malformed_request, where, "the data is not base64"));
    if (text) {
        auto bytes = base64_decode(*clean);
        if (bytes && ascii::is_utf8(*bytes)) return Text{file.head.append(*bytes)};
    }
    if (pdf) {
        Attachment attachment;
        attachment.source = SharedText(std::move(*clean));
        attachment.name = file.name;
        attachment.head = std::move(file.head);
        return attach(request, std::move(attachment), where);
    }
    warn(request, "a file was replaced by a note because its contents cannot be read");
    return Text{unread_note(file.name, file.media_type, "its contents cannot be read")};
}

}  // namespace kg::chat
