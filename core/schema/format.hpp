#pragma once

#include <string_view>

namespace kg::schema {

/// Whether `text` is of a `format`: date, time, date-time, duration, email, hostname, ipv4, ipv6, uuid.
/// Any other format is a note to the reader and fits everything, as JSON Schema has it.
bool has_format(std::string_view text, std::string_view format);

}  // namespace kg::schema
