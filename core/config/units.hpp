#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kg::config {

/// "500ms", "10s", "5m", "1h": a whole number and one unit.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
/// In the largest unit that loses nothing, so that parsing it gives the same value.
std::string format_duration(std::chrono::milliseconds value);

/// "65536", "512B", "64KiB", "32MiB", "1GiB".
std::optional<std::int64_t> parse_size(std::string_view text);
std::string format_size(std::int64_t bytes);

/// The whole text as a number; no sign but '-', no spaces.
std::optional<std::int64_t> parse_number(std::string_view text);
/// true/false, yes/no, on/off, 1/0 in any case.
std::optional<bool> parse_switch(std::string_view text);

}  // namespace kg::config
