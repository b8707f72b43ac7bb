#include "core/chat/picture.hpp"

namespace kg::chat {
namespace {

std::uint32_t byte(std::string_view s, std::size_t at) {
    return static_cast<unsigned char>(s[at]);
}
std::uint32_t big16(std::string_view s, std::size_t at) {
    return byte(s, at) << 8 | byte(s, at + 1);
}
std::uint32_t big32(std::string_view s, std::size_t at) {
    return big16(s, at) << 16 | big16(s, at + 2);
}
std::uint32_t little16(std::string_view s, std::size_t at) {
    return byte(s, at) | byte(s, at + 1) << 8;
}
std::uint32_t little24(std::string_view s, std::size_t at) {
    return little16(s, at) | byte(s, at + 2) << 16;
}

/// Frame headers are SOF0..SOF15 without the tables DHT, JPG and DAC.
bool is_frame_header(std::uint32_t marker) {
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

std::optional<PictureSize> jpeg_size(std::string_view s) {
    std::size_t at = 2;
    while (at + 9 <= s.size()) {
        if (byte(s, at) != 0xff) return std::nullopt;
        const std::uint32_t marker = byte(s, at + 1);
        if (marker == 0xff) {  // fill byte
            ++at;
            continue;
        }
        if (is_frame_header(marker)) return PictureSize{big16(s, at + 7), big16(s, at + 5)};
        at += 2 + big16(s, at + 2);
    }
    return std::nullopt;
}

std::optional<PictureSize> webp_size(std::string_view s) {
    if (s.size() < 30) return std::nullopt;
    const std::string_view chunk = s.substr(12, 4);
    if (chunk == "VP8X") return PictureSize{little24(s, 24) + 1, little24(s, 27) + 1};
    if (chunk == "VP8 ") return PictureSize{little16(s, 26) & 0x3fff, little16(s, 28) & 0x3fff};
    if (chunk == "VP8L" && byte(s, 20) == 0x2f) {
        const std::uint32_t bits = little24(s, 21) | byte(s, 24) << 24;
        return PictureSize{(bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1};
    }
    return std::nullopt;
}

}  // namespace

std::optional<PictureSize> picture_size(std::string_view head) {
    using namespace std::string_view_literals;
    if (head.starts_with("\x89PNG\r\n\x1a\n"sv) && head.size() >= 24) {
        return PictureSize{big32(head, 16), big32(head, 20)};
    }
    if ((head.starts_with("GIF87a") || head.starts_with("GIF89a")) && head.size() >= 10) {
        return PictureSize{little16(head, 6), little16(head, 8)};
    }
    if (head.starts_with("\xff\xd8\xff"sv)) return jpeg_size(head);
    if (head.starts_with("RIFF") && head.substr(8).starts_with("WEBP")) return webp_size(head);
    return std::nullopt;
}

}  // namespace kg::chat
