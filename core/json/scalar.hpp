#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kg::json {

/// Whether `token` is one number by RFC 8259 (no leading zeros, no '+', no hexadecimal).
bool is_number(std::string_view token);
std::optional<std::int64_t> number_as_int(std::string_view token);
std::optional<double> number_as_double(std::string_view token);

/// Writes the decoded contents of a string (the bytes between the quotation marks) to `to` and
/// returns the end. An unpaired surrogate becomes U+FFFD (`altered` is then set): clients that cut
/// their text by UTF-16 units send them. Null for an escape that JSON does not know; `bad_at` is
/// then its offset. Works in blocks: kBlock bytes behind `contents` must be readable, and `to` must
/// have room for contents.size() + kBlock bytes.
char* unescape(char* to, std::string_view contents, bool& altered, std::size_t& bad_at);

}  // namespace kg::json
