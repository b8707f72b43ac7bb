#include "core/kiro/conversation.hpp"

#include <algorithm>
#include <utility>

#include "core/base/ascii.hpp"
#include "core/base/overloaded.hpp"

namespace kg::kiro {
namespace {

constexpr std::size_t kImagesMax = 10;
constexpr std::size_t kImageBase64Max = (10u << 20) / 3 * 4 + 4;  // 10 MiB decoded

/// Where the client wrote it; of a message that knows its place no more is known than that.
std::string part_path(const chat::Request& request, std::size_t message, std::size_t part) {
    const auto place = request.messages[message].place;
    std::string out(request.conversation_field);
    if (place != chat::Message::kNowhere) return out + "[" + std::to_string(place) + "]";
    return out + "[" + std::to_string(message) + "].content[" + std::to_string(part) + "]";
}

Error refusal(ErrorKind kind, std::string path, std::string_view why) {
    Error error{.kind = kind};
    error.message = path + ": " + std::string(why);
    error.param = std::move(path);
    return error;
}

/// Length of the white-space character at the start of `text`, 0 when there is none.
std::size_t space_length(std::string_view text) {
    if (ascii::is_space(text[0])) return 1;
    if (text.starts_with("\xC2\xA0")) return 2;
    if (text.size() < 3) return 0;
    const std::string_view three = text.substr(0, 3);
    if (three == "\xE3\x80\x80" || three == "\xEF\xBB\xBF" || three == "\xE1\x9A\x80" ||
        three == "\xE2\x81\x9F")
        return 3;
    if (!three.starts_with("\xE2\x80")) return 0;
    const auto last = static_cast<unsigned char>(three[2]);
    return last <= 0x8A || last == 0xA8 || last == 0xA9 || last == 0xAF ? 3 : 0;
}

class Reader {
  public:
    Reader(const chat::Request& request, bool keep_reasoning)
        : request_(request), keep_reasoning_(keep_reasoning) {}

    Result<Conversation> read() {
        if (request_.messages.empty() && is_blank_text(request_.system))
            return Err(refusal(ErrorKind::malformed_request, std::string(request_.conversation_field),
                               "at least one message is required"));
        out_.field = request_.conversation_field;
        out_.turns.reserve(request_.messages.size() + 2);
        for (message_ = 0; message_ < request_.messages.size(); ++message_) {
            const chat::Message& message = request_.messages[message_];
            Turn& turn = turn_for(message.role == chat::Role::assistant);
            if (message.role == chat::Role::system) {
                read_system(message, turn);
                continue;
            }
            for (part_ = 0; part_ < message.parts.size(); ++part_)
                KG_CHECK(read_part(message.parts[part_], turn));
        }
        return std::move(out_);
    }

  private:
    Turn& turn_for(bool from_assistant) {
        if (out_.turns.empty() || out_.turns.back().from_assistant != from_assistant)
            out_.turns.push_back(Turn{.from_assistant = from_assistant});
        return out_.turns.back();
    }

    void read_system(const chat::Message& message, Turn& turn) {
        std::string text;
        for (const chat::Part& part : message.parts) {
            const auto* piece = std::get_if<chat::Text>(&part);
            if (!piece || is_blank_text(piece->text)) continue;
            if (!text.empty()) text += '\n';
            text += piece->text;
        }
        if (!text.empty()) turn.texts.push_back(out_.keep("<system>\n" + text + "\n</system>"));
    }

    Result<void> read_part(const chat::Part& part, Turn& turn) {
        return std::visit(overloaded{
                              [&](const chat::Text& text) -> Result<void> {
                                  if (!is_blank_text(text.text)) turn.texts.push_back(text.text);
                                  return {};
                              },
                              [&](const chat::Image& image) -> Result<void> {
                                  if (turn.from_assistant)
                                      return misplaced("an image cannot stand in an assistant message");
                                  KG_CHECK(check_image(image));
                                  turn.images.push_back(&image);
                                  return {};
                              },
                              [&](const chat::Thinking& thinking) -> Result<void> {
                                  // Upstream takes one block for each message, and refuses unsigned ones.
                                  const bool sendable = thinking.redacted ? !thinking.text.empty()
                                                                          : !thinking.signature.empty();
                                  if (turn.from_assistant && keep_reasoning_ && sendable && !turn.reasoning)
                                      turn.reasoning = &thinking;
                                  return {};
                              },
                              [&](const chat::ToolUse& use) -> Result<void> {
                                  if (!turn.from_assistant)
                                      return misplaced("a tool call cannot stand in a user message");
                                  turn.calls.push_back(Call{.use = &use});
                                  return {};
                              },
                              [&](const chat::ToolResult& result) -> Result<void> {
                                  if (turn.from_assistant)
                                      return misplaced("a tool result cannot stand in an assistant message");
                                  for (const auto& item : result.content)
                                      if (const auto* image = std::get_if<chat::Image>(&item))
                                          KG_CHECK(check_image(*image));
                                  turn.results.push_back(&result);
                                  return {};
                              },
                              [](const chat::WebSearch&) -> Result<void> { return {}; },
                          },
                          part);
    }

    Result<void> misplaced(std::string_view why) const {
        return Err(refusal(ErrorKind::malformed_request, part_path(request_, message_, part_), why));
    }

    Result<void> check_image(const chat::Image& image) {
        const std::string_view f = image.format;
        const auto no = [&](ErrorKind kind, std::string_view why) {
            return Err(refusal(kind, part_path(request_, message_, part_), why));
        };
        if (f != "png" && f != "jpeg" && f != "jpg" && f != "gif" && f != "webp")
            return no(ErrorKind::unsupported, "image format must be png, jpeg, gif or webp");
        if (image.base64.empty()) return no(ErrorKind::malformed_request, "the image is empty");
        if (image.base64.size() > kImageBase64Max)
            return no(ErrorKind::unsupported, "image larger than 10 MB");
        if (++images_ > kImagesMax) return no(ErrorKind::unsupported, "more than 10 images in one request");
        out_.image_bytes += image.base64.size();
        return {};
    }

    const chat::Request& request_;
    bool keep_reasoning_;
    Conversation out_;
    std::size_t message_ = 0;
    std::size_t part_ = 0;
    std::size_t images_ = 0;
};

}  // namespace

bool is_blank_text(std::string_view text) {
    while (!text.empty()) {
        const std::size_t n = space_length(text);
        if (n == 0) return false;
        text.remove_prefix(n);
    }
    return true;
}

void Conversation::warn(std::string_view clause) {
    if (std::find(warnings.begin(), warnings.end(), clause) == warnings.end()) warnings.emplace_back(clause);
}

Result<Conversation> read_conversation(const chat::Request& request, bool keep_reasoning) {
    return Reader(request, keep_reasoning).read();
}

}  // namespace kg::kiro
