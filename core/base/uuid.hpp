#pragma once

#include <string>
#include <string_view>

namespace kg {

/// A version-8 style UUID made of the first 16 bytes of SHA-256(text): the same text, the same id.
std::string uuid_from_hash(std::string_view text);

}  // namespace kg
