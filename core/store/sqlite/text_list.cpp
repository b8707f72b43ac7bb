#include "core/store/sqlite/text_list.hpp"

#include <utility>

#include "core/json/document.hpp"
#include "core/json/writer.hpp"

namespace kg::store::sqlite {

std::string write_list(const std::vector<std::string>& items) {
    std::string out;
    json::Writer writer(out);
    writer.begin_array();
    for (const auto& item : items) writer.string(item);
    writer.end_array();
    return out;
}

Result<std::vector<std::string>> read_list(std::string text, std::string_view owner) {
    std::vector<std::string> items;
    if (text == "[]") return items;
    const auto document = json::Document::parse(std::move(text));
    bool readable = document && document->root().is_array();
    if (readable) {
        for (const json::Node item : document->root().children()) {
            readable = readable && item.is_string();
            items.emplace_back(item.text());
        }
    }
    if (readable) return items;
    std::string message = "the database is damaged: a list of ";
    message.append(owner).append(" cannot be read");
    return Err(Error{.kind = ErrorKind::store_failed, .message = std::move(message)});
}

}  // namespace kg::store::sqlite
