#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kg {

std::string base64_encode(std::string_view bytes);
/// Strict: standard alphabet, padding required, no white space.
std::optional<std::string> base64_decode(std::string_view text);
/// Whether base64_decode would succeed, without allocating (images of many megabytes).
bool base64_valid(std::string_view text);
std::string hex_encode(std::string_view bytes);
std::optional<std::string> hex_decode(std::string_view text);

}  // namespace kg
