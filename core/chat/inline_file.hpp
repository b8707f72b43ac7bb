#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/base/result.hpp"
#include "core/chat/request.hpp"
#include "core/json/document.hpp"

/// Pictures and files that a request carries inline, whatever the dialect calls them.
namespace kg::chat {

struct DataUri {
    std::string_view media_type;  // without parameters
    std::string_view base64;
};
/// "data:image/png;base64,..."; nothing for other URIs and for data that is not base64.
std::optional<DataUri> parse_data_uri(std::string_view uri);

/// Checked picture; `where` the client put it, for the error. "image/jpg" counts as jpeg; line
/// breaks and missing padding in the data are forgiven.
Result<Image> make_image(std::string_view media_type, std::string_view base64, json::Node where);
/// A picture given by data URI.
Result<Image> make_image_from_data(std::string_view url, json::Node where);
/// The same, or an attachment for a web address.
Result<std::variant<Text, Image>> read_image(std::string_view url, json::Node where, Request& request);

/// A file in the request, other than a picture.
struct InlineFile {
    std::string_view media_type;
    std::string_view base64;  // a slice of the request's document
    std::string_view name;
    std::string head;  // what is said before its text
};
/// Contents of text types at once, a PDF file as an attachment; of others a one-line note and a warning.
Result<Text> read_file(InlineFile file, json::Node where, Request& request);
/// A document given by a web address, as an attachment.
Result<Text> read_document_url(std::string_view url, std::string_view name, std::string head,
                               json::Node where, Request& request);

}  // namespace kg::chat
