#include "core/chat/attachment.hpp"

#include <algorithm>
#include <utility>

#include "core/chat/request.hpp"
#include "core/json/read.hpp"

namespace kg::chat {
namespace {

template <class Variant>
bool stands_for(const Variant& piece, const Attachment& attachment) {
    const auto* text = std::get_if<Text>(&piece);
    return text && text->text.view().data() == attachment.mark.view().data() &&
           text->text.size() == attachment.mark.size();
}

template <class Variant>
void put(Variant& place, const std::variant<Text, Image>& contents) {
    std::visit([&](const auto& value) { place = value; }, contents);
}

}  // namespace

Result<Text> attach(Request& request, Attachment attachment, json::Node where) {
    const bool pdf = attachment.kind == Attachment::Kind::pdf;
    const auto most = pdf ? kPdfsMax : kAttachmentsMax;
    const auto same = std::ranges::count_if(request.attachments, [&](const Attachment& other) {
        return (other.kind == Attachment::Kind::pdf) == pdf;
    });
    if (static_cast<std::size_t>(same) >= most)
        return Err(json::value_error(where, "more than " + std::to_string(most) +
                                                (pdf ? " PDF files" : " addresses") + " in one request"));
    attachment.path = where.path();
    attachment.mark = SharedText(std::string("[attachment]"));
    Text mark{attachment.mark};
    request.attachments.push_back(std::move(attachment));
    return mark;
}

void settle_attachment(Request& request, const Attachment& attachment, std::variant<Text, Image> contents) {
    for (auto& message : request.messages) {
        for (auto& part : message.parts) {
            if (stands_for(part, attachment)) return put(part, contents);
            auto* result = std::get_if<ToolResult>(&part);
            if (!result) continue;
            for (auto& piece : result->content)
                if (stands_for(piece, attachment)) return put(piece, contents);
        }
    }
}

std::string unread_note(std::string_view name, std::string_view media_type, std::string_view why) {
    std::string note = "[The file ";
    note.append(name.empty() ? "without a name" : name);
    note.append(" (").append(media_type.empty() ? "unknown type" : media_type);
    return note.append(") was attached here, but ").append(why).append(".]");
}

std::string_view picture_format(std::string_view bytes) {
    if (bytes.starts_with("\x89PNG\r\n\x1a\n")) return "png";
    if (bytes.starts_with("\xff\xd8\xff")) return "jpeg";
    if (bytes.starts_with("GIF87a") || bytes.starts_with("GIF89a")) return "gif";
    if (bytes.size() >= 12 && bytes.starts_with("RIFF") && bytes.substr(8, 4) == "WEBP") return "webp";
    return {};
}

Error attachment_error(const Attachment& attachment, ErrorKind kind, std::string_view sentence) {
    Error error{.kind = kind, .message = attachment.path, .param = attachment.path};
    error.message.append(": ").append(sentence);
    return error;
}

}  // namespace kg::chat
