#include <cmath>
#include <cstdlib>

#include "core/base/ascii.hpp"
#include "core/kiro/auth.hpp"
#include "core/kiro/calendar.hpp"

namespace kg::kiro {
namespace {

/// Takes exactly `count` digits from the front of `text`.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
    if (text.size() < count) return std::nullopt;
    int value = 0;
    for (const char c : text.substr(0, count)) {
        if (!ascii::is_digit(c)) return std::nullopt;
        value = value * 10 + (c - '0');
    }
    text.remove_prefix(count);
    return value;
}

bool take(std::string_view& text, std::string_view any_of) {
    if (text.empty() || any_of.find(text[0]) == std::string_view::npos) return false;
    text.remove_prefix(1);
    return true;
}

/// Fraction of a second, 0-9 digits, cut to milliseconds.
std::optional<int> take_fraction(std::string_view& text) {
    if (!take(text, ".,")) return 0;
    int ms = 0;
    std::size_t count = 0;
    for (; count < text.size() && ascii::is_digit(text[count]); ++count) {
        if (count < 3) ms = ms * 10 + (text[count] - '0');
    }
    if (count > 9) return std::nullopt;
    for (std::size_t i = count; i < 3; ++i) ms *= 10;
    text.remove_prefix(count);
    return ms;
}

/// "Z", "+02:00", "-0330", "+02" or nothing: all that is left of the text.
std::optional<std::chrono::minutes> take_zone(std::string_view text) {
    if (text.empty() || text == "Z" || text == "z") return std::chrono::minutes{0};
    const bool west = text[0] == '-';
    if (!take(text, "+-")) return std::nullopt;
    const auto hours = take_digits(text, 2);
    take(text, ":");
    const auto minutes = text.empty() ? std::optional<int>(0) : take_digits(text, 2);
    if (!hours || !minutes || !text.empty() || *hours > 23 || *minutes > 59) return std::nullopt;
    const std::chrono::minutes offset{*hours * 60 + *minutes};
    return west ? -offset : offset;
}

std::optional<WallTime> parse_timestamp(std::string_view text) {
    CivilTime t;
    const auto year = take_digits(text, 4);
    if (!year || !take(text, "-/")) return std::nullopt;
    const auto month = take_digits(text, 2);
    if (!month || !take(text, "-/")) return std::nullopt;
    const auto day = take_digits(text, 2);
    if (!day || !take(text, "Tt ")) return std::nullopt;
    const auto hour = take_digits(text, 2);
    if (!hour || !take(text, ":")) return std::nullopt;
    const auto minute = take_digits(text, 2);
    if (!minute || !take(text, ":")) return std::nullopt;
    const auto second = take_digits(text, 2);
    const auto ms = second ? take_fraction(text) : std::nullopt;
    const auto zone = ms ? take_zone(text) : std::nullopt;
    if (!zone) return std::nullopt;
    t.year = *year;
    t.month = static_cast<unsigned>(*month);
    t.day = static_cast<unsigned>(*day);
    t.hour = *hour;
    t.minute = *minute;
    t.second = *second;
    t.millisecond = *ms;
    const auto local = wall_time(t);
    if (!local) return std::nullopt;
    return *local - *zone;
}

/// Seconds or, above 10^11, milliseconds; "1.769904E9" is a number too.
std::optional<WallTime> parse_epoch(std::string_view text) {
    for (const char c : text) {
        if (!ascii::is_digit(c) && std::string_view(".eE+").find(c) == std::string_view::npos)
            return std::nullopt;
    }
    const std::string copy(text);
    char* end = nullptr;
    const double value = std::strtod(copy.c_str(), &end);
    if (end != copy.c_str() + copy.size() || !std::isfinite(value) || value < 0 || value > 1e14)
        return std::nullopt;
    const double ms = value > 1e11 ? value : value * 1000;
    return wall_from_ms(static_cast<std::int64_t>(std::llround(ms)));
}

}  // namespace

std::optional<WallTime> parse_expiry(std::string_view text) {
    text = ascii::trim(text);
    if (text.empty() || text.size() > 64) return std::nullopt;
    if (auto time = parse_timestamp(text)) return time;
    return parse_epoch(text);
}

}  // namespace kg::kiro
