#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kg {

using Sha256 = std::array<std::uint8_t, 32>;

Sha256 sha256(std::string_view bytes);
std::string sha256_hex(std::string_view bytes);
std::string sha1_hex(std::string_view bytes);  // only for file names that AWS tools derive that way
Sha256 hmac_sha256(std::string_view key, std::string_view bytes);
bool constant_time_equal(std::string_view a, std::string_view b);

/// CRC-32 (zlib's polynomial): pass the previous result to continue. crc32("123456789") == 0xCBF43926.
std::uint32_t crc32(std::string_view bytes, std::uint32_t previous = 0);

/// Memory-hard password hash (scrypt, N=2^15 r=8 p=1) in a self-describing text, and its check.
std::string password_hash(std::string_view password);
bool password_matches(std::string_view password, std::string_view hash);

}  // namespace kg
