#pragma once

#include <optional>
#include <string>
#include <string_view>

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
/// A picture given by data URI, or by a web address (refused: nothing is fetched).
Result<Image> make_image_from_url(std::string_view url, json::Node where);

/// Text of an inline file: the decoded contents of text types, otherwise a one-line note that names
/// the file; `readable` tells which.
struct FileText {
    std::string text;
    bool readable = false;
};
Result<FileText> make_file_text(std::string_view media_type, std::string_view base64,
                                std::string_view file_name, json::Node where);

}  // namespace kg::chat
