#include "core/chat/estimate.hpp"

#include <algorithm>
#include <cstring>

#include "core/base/base64.hpp"
#include "core/base/overloaded.hpp"
#include "core/chat/picture.hpp"

namespace kg::chat {
namespace {

// Twelfths of a token, booked on the byte that begins a character: one look at every byte, none
// behind it, so that pieces may be cut anywhere and still sum up to the whole.
constexpr std::uint64_t kAscii = 3;   // 4 characters a token
constexpr std::uint64_t kLetter = 8;  // 1.5 characters a token
constexpr std::uint64_t kWide = 12;   // 1 character a token

/// Lead bytes E3..ED are Kana, Han and Hangul, F0 and up emoji and rare Han; deciding by the lead
/// alone counts a few symbols as wide.
std::uint64_t units_of_lead(unsigned char lead) {
    if (lead < 0x80) return kAscii;
    if (lead < 0xc0) return 0;
    if (lead < 0xe3) return kLetter;
    return kWide;
}

/// Roles, block boundaries and the like, which no text of the request shows.
constexpr std::uint64_t kPerMessage = 4 * 12;
constexpr std::uint64_t kPerTool = 8 * 12;

// Enough for the header of a picture; a JPEG may carry a colour profile and a thumbnail before it.
constexpr std::size_t kHeadChars = 87'380;
constexpr std::uint64_t kUnknownImage = 1600;
constexpr std::uint64_t kPixelsPerToken = 750;

std::uint64_t count_units(std::string_view text) {
    std::uint64_t units = 0;
    const char* p = text.data();
    const char* const end = p + text.size();
    while (p != end) {
        std::uint64_t word;
        while (end - p >= 8 && (std::memcpy(&word, p, 8), (word & 0x8080808080808080u) == 0)) {
            units += 8 * kAscii;
            p += 8;
        }
        for (std::ptrdiff_t n = std::min<std::ptrdiff_t>(end - p, 8); n > 0; --n) {
            units += units_of_lead(static_cast<unsigned char>(*p++));
        }
    }
    return units;
}

std::uint64_t tokens_of(std::uint64_t units) {
    return (units + 11) / 12;
}

std::uint64_t part_units(const Part& part) {
    return std::visit(
        overloaded{
            [](const Text& p) { return count_units(p.text); },
            [](const Image& p) { return 12 * estimate_image_tokens(p); },
            [](const Thinking& p) { return count_units(p.text); },
            [](const ToolUse& p) { return count_units(p.name) + count_units(p.input.text()) + kPerTool; },
            [](const ToolResult& p) {
                std::uint64_t units = kPerTool;
                for (const auto& piece : p.content) {
                    units += std::visit(overloaded{
                                            [](const Text& t) { return count_units(t.text); },
                                            [](const Image& i) { return 12 * estimate_image_tokens(i); },
                                        },
                                        piece);
                }
                return units;
            },
            [](const WebSearch&) { return std::uint64_t{0}; },
        },
        part);
}

}  // namespace

std::uint64_t estimate_tokens(std::string_view text) {
    return tokens_of(count_units(text));
}

void TokenEstimate::add(std::string_view text) {
    units_ += count_units(text);
}

std::uint64_t estimate_message_tokens(const Message& message) {
    std::uint64_t units = kPerMessage;
    for (const Part& part : message.parts) units += part_units(part);
    return tokens_of(units);
}

std::uint64_t estimate_part_tokens(const Part& part) {
    return tokens_of(part_units(part));
}

std::uint64_t estimate_prompt_tokens(const Request& request) {
    std::uint64_t units = count_units(request.system);
    for (const Message& message : request.messages) {
        units += kPerMessage;
        for (const Part& part : message.parts) units += part_units(part);
    }
    for (const ToolSpec& tool : request.tools) {
        units += kPerTool + count_units(tool.name) + count_units(tool.description) +
                 count_units(tool.schema.text());
    }
    if (request.json_only) units += count_units(request.json_schema.text());
    return tokens_of(units);
}

std::uint64_t estimate_image_tokens(const Image& image) {
    // Whole groups of four without the padding of the last: a prefix of valid base64 is valid.
    std::string_view head = std::string_view(image.base64).substr(0, kHeadChars);
    const auto try_head = [&](std::size_t chars) -> std::optional<PictureSize> {
        const auto bytes = base64_decode(head.substr(0, std::min(chars, head.size() / 4 * 4)));
        return bytes ? picture_size(*bytes) : std::nullopt;
    };
    auto size = try_head(64);
    if (!size) size = try_head(kHeadChars / 4 * 4);
    if (!size || size->width == 0 || size->height == 0) return kUnknownImage;
    const std::uint64_t tokens = std::uint64_t{size->width} * size->height / kPixelsPerToken;
    // The service scales large pictures down before the model sees them.
    return std::clamp<std::uint64_t>(tokens, 1, kUnknownImage);
}

}  // namespace kg::chat
