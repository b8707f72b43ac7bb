#pragma once

#include <chrono>
#include <optional>

#include "core/base/clock.hpp"

namespace kg::kiro {

struct CivilTime {
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
    int millisecond = 0;
};

/// UTC; nothing for a date or time that does not exist. A leap second is the next minute's first.
inline std::optional<WallTime> wall_time(const CivilTime& t) {
    const std::chrono::year_month_day date{std::chrono::year{t.year}, std::chrono::month{t.month},
                                           std::chrono::day{t.day}};
    if (!date.ok() || t.hour > 23 || t.minute > 59 || t.second > 60) return std::nullopt;
    return std::chrono::sys_days{date} + std::chrono::hours{t.hour} + std::chrono::minutes{t.minute} +
           std::chrono::seconds{t.second} + std::chrono::milliseconds{t.millisecond};
}

}  // namespace kg::kiro
