#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "core/base/result.hpp"
#include "core/json/document.hpp"

/// Files that a request carries or names and whose contents are not at hand when it is decoded.
namespace kg::chat {

struct Text;
struct Image;
struct Request;

struct Attachment {
    enum class Kind : std::uint8_t { image_url, document_url, pdf };
    Kind kind = Kind::pdf;
    SharedText source;  // the address, or the contents in base64
    SharedText mark;    // what stands for it in the messages: that very text, by its place in memory
    std::string path;   // of its source in the client's document
    std::string name;   // of a document, may be empty
    std::string head;   // what is said before a document's text
};
inline constexpr std::size_t kAttachmentsMax = 20;  // of a request: addresses, and PDF files that are read
/// Conversations of agents grow by PDF files, turn by turn: older ones than that get a note.
inline constexpr std::size_t kPdfsMax = 1'000;

/// Notes the attachment; the result stands for it until it is settled. `where`: its source.
Result<Text> attach(Request& request, Attachment attachment, json::Node where);
/// Puts what it is in its place.
void settle_attachment(Request& request, const Attachment& attachment, std::variant<Text, Image> contents);

/// What a document says that could not be read.
std::string unread_note(std::string_view name, std::string_view media_type, std::string_view why);
/// The format of a picture by its first bytes, as Image::format; empty for anything else.
std::string_view picture_format(std::string_view bytes);
/// An error about an attachment, with its path.
Error attachment_error(const Attachment& attachment, ErrorKind kind, std::string_view sentence);

}  // namespace kg::chat
