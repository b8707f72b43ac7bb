#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace kg::chat {

struct PictureSize {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
};

/// Size of a PNG, JPEG, GIF or WebP picture, told by its first bytes; nothing when they are not
/// enough or not such a picture.
std::optional<PictureSize> picture_size(std::string_view head);

}  // namespace kg::chat
