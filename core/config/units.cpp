#include "core/config/units.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <span>

#include "core/base/ascii.hpp"

namespace kg::config {
namespace {

struct Unit {
    std::string_view name;
    std::int64_t factor;
};
// Largest first, as formatting takes the first that divides.
constexpr std::array<Unit, 4> kTimes{{{"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::array<Unit, 4> kSizes{{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}};

std::optional<std::int64_t> parse_with_unit(std::string_view text, std::span<const Unit> units) {
    std::size_t digits = 0;
    while (digits < text.size() && ascii::is_digit(text[digits])) ++digits;
    const auto number = parse_number(text.substr(0, digits));
    if (!number) return std::nullopt;
    for (const Unit& unit : units) {
        if (!ascii::equals_ignoring_case(text.substr(digits), unit.name)) continue;
        if (*number > std::numeric_limits<std::int64_t>::max() / unit.factor) return std::nullopt;
        return *number * unit.factor;
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
    const auto value = parse_with_unit(text, kTimes);
    if (!value) return std::nullopt;
    return std::chrono::milliseconds(*value);
}

std::string format_duration(std::chrono::milliseconds value) {
    if (value.count() == 0) return "0s";
    for (const Unit& unit : kTimes) {
        if (value.count() % unit.factor == 0) {
            return std::to_string(value.count() / unit.factor) + std::string(unit.name);
        }
    }
    return std::to_string(value.count()) + "ms";
}

std::optional<std::int64_t> parse_size(std::string_view text) {
    if (const auto plain = parse_number(text)) return *plain < 0 ? std::nullopt : plain;
    return parse_with_unit(text, kSizes);
}

std::string format_size(std::int64_t bytes) {
    for (const Unit& unit : kSizes) {
        if (unit.factor > 1 && bytes != 0 && bytes % unit.factor == 0) {
            return std::to_string(bytes / unit.factor) + std::string(unit.name);
        }
    }
    return std::to_string(bytes);
}

std::optional<std::int64_t> parse_number(std::string_view text) {
    std::int64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto r = std::from_chars(text.data(), end, value);
    if (text.empty() || r.ec != std::errc() || r.ptr != end) return std::nullopt;
    return value;
}

std::optional<bool> parse_switch(std::string_view text) {
    for (const std::string_view yes : {"true", "yes", "on", "1"}) {
        if (ascii::equals_ignoring_case(text, yes)) return true;
    }
    for (const std::string_view no : {"false", "no", "off", "0"}) {
        if (ascii::equals_ignoring_case(text, no)) return false;
    }
    return std::nullopt;
}

}  // namespace kg::config
