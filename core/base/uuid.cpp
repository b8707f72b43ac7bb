#include "core/base/uuid.hpp"

#include "core/base/base64.hpp"
#include "core/base/digest.hpp"

namespace kg {

std::string uuid_from_hash(std::string_view text) {
    Sha256 hash = sha256(text);
    hash[6] = static_cast<std::uint8_t>((hash[6] & 0x0f) | 0x80);
    hash[8] = static_cast<std::uint8_t>((hash[8] & 0x3f) | 0x80);
    std::string out = hex_encode({reinterpret_cast<const char*>(hash.data()), 16});
    for (const std::size_t at : {8u, 13u, 18u, 23u}) out.insert(at, 1, '-');
    return out;
}

}  // namespace kg
