#include "core/kiro/http_date.hpp"

#include "core/base/ascii.hpp"
#include "core/kiro/calendar.hpp"

namespace kg::kiro {
namespace {

/// The number written with exactly `text`'s digits, -1 when there is anything else.
int digits(std::string_view text) {
    int value = 0;
    for (const char c : text) {
        if (!ascii::is_digit(c)) return -1;
        value = value * 10 + (c - '0');
    }
    return value;
}

}  // namespace

std::optional<WallTime> parse_http_date(std::string_view text) {
    //                         0         1         2
    //                         01234567890123456789012345678
    constexpr std::string_view kShape = "___, __ ___ ____ __:__:__ GMT";
    constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
    text = ascii::trim(text);
    if (text.size() != kShape.size()) return std::nullopt;
    for (std::size_t i = 0; i < kShape.size(); ++i) {
        if (kShape[i] != '_' && kShape[i] != text[i]) return std::nullopt;
    }
    const std::size_t month = kMonths.find(text.substr(8, 3));
    if (month == std::string_view::npos || month % 3 != 0) return std::nullopt;
    CivilTime t;
    t.year = digits(text.substr(12, 4));
    t.month = static_cast<unsigned>(month / 3 + 1);
    t.day = static_cast<unsigned>(digits(text.substr(5, 2)));
    t.hour = digits(text.substr(17, 2));
    t.minute = digits(text.substr(20, 2));
    t.second = digits(text.substr(23, 2));
    if (t.year < 0 || t.hour < 0 || t.minute < 0 || t.second < 0) return std::nullopt;
    return wall_time(t);
}

}  // namespace kg::kiro
