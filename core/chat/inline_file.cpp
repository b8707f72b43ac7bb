#include "core/chat/inline_file.hpp"

#include <array>
#include <utility>

#include "core/base/ascii.hpp"
#include "core/base/base64.hpp"

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

Result<Image> make_image_from_url(std::string_view url, json::Node where) {
    if (const auto data = parse_data_uri(url)) return make_image(data->media_type, data->base64, where);
    const std::string scheme = ascii::to_lower(url.substr(0, 8));
    if (scheme.starts_with("http://") || scheme.starts_with("https://")) {
        return Err(bad_value(ErrorKind::unsupported, where,
                             "images are not fetched from the web; send the picture as base64 data"));
    }
    return Err(bad_value(ErrorKind::malformed_request, where, "expected a base64 data URI of an image"));
}

Result<FileText> make_file_text(std::string_view media_type, std::string_view base64,
                                std::string_view file_name, json::Node where) {
    if (is_text_type(media_type)) {
        const auto clean = clean_base64(base64);
        auto bytes = clean ? base64_decode(*clean) : std::nullopt;
        if (!bytes) return Err(bad_value(ErrorKind::malformed_request, where, "the data is not base64"));
        if (ascii::is_utf8(*bytes)) return FileText{std::move(*bytes), true};
    }
    std::string note = "[The file ";
    note.append(file_name.empty() ? "without a name" : file_name);
    note.append(" (").append(media_type.empty() ? "unknown type" : media_type);
    note.append(") was attached here, but its contents cannot be read.]");
    return FileText{std::move(note), false};
}

}  // namespace kg::chat
