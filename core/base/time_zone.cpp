#include "core/base/time_zone.hpp"

#include <algorithm>
#include <cstdio>
#include <stdexcept>

#include <date/tz.h>

#include "core/base/ascii.hpp"

namespace kg {
namespace {

constexpr std::size_t kNameMaxBytes = 64;

Error unknown(std::string_view name) {
    return {.kind = ErrorKind::malformed_request,
            .message = "there is no time zone `" + std::string(name.substr(0, kNameMaxBytes)) +
                       "`; names are such as UTC, Europe/Berlin or America/New_York"};
}

/// The library opens the file of that name: nothing but names may come through.
bool looks_like_zone(std::string_view name) {
    return name.size() <= kNameMaxBytes && ascii::is_alpha(name.front()) &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return ascii::is_alpha(c) || ascii::is_digit(c) || c == '/' || c == '_' || c == '-' ||
                      c == '+';
           });
}

date::local_days first_day(Period period, date::local_days day) {
    switch (period) {
        case Period::day: return day;
        case Period::week: return day - (date::weekday(day) - date::Monday);
        case Period::month: break;
    }
    const date::year_month_day ymd(day);
    return date::local_days(ymd.year() / ymd.month() / 1);
}

date::local_days next_first_day(Period period, date::local_days first) {
    switch (period) {
        case Period::day: return first + date::days(1);
        case Period::week: return first + date::days(7);
        case Period::month: break;
    }
    const date::year_month_day ymd(first);
    return date::local_days((ymd.year() / ymd.month() + date::months(1)) / 1);
}

}  // namespace

std::string_view period_name(Period period) {
    switch (period) {
        case Period::day: return "day";
        case Period::week: return "week";
        case Period::month: break;
    }
    return "month";
}

Result<TimeZone> TimeZone::find(std::string_view name) {
    TimeZone zone;
    if (name.empty() || name == "UTC") return zone;
    if (!looks_like_zone(name)) return Err(unknown(name));
    try {
        const auto* found = date::locate_zone(std::string(name));
        found->get_info(date::sys_seconds());  // reads the file now: callers of around() may hold a mutex
        zone.zone_ = found;
    } catch (const std::runtime_error&) {
        return Err(unknown(name));
    }
    return zone;
}

TimeSpan TimeZone::around(Period period, WallTime at) const {
    const auto* zone = static_cast<const date::time_zone*>(zone_);
    const auto to_wall = [&](date::local_days day) {
        using std::chrono::milliseconds;
        if (!zone) return WallTime(std::chrono::duration_cast<milliseconds>(day.time_since_epoch()));
        const auto sys = zone->to_sys(date::local_seconds(day), date::choose::earliest);
        return WallTime(std::chrono::duration_cast<milliseconds>(sys.time_since_epoch()));
    };
    const auto local = zone ? date::floor<date::days>(zone->to_local(date::floor<std::chrono::seconds>(at)))
                            : date::local_days(date::floor<date::days>(at).time_since_epoch());
    const auto first = first_day(period, local);
    return {to_wall(first), to_wall(next_first_day(period, first))};
}

std::string rfc3339(WallTime at) {
    const auto day = date::floor<date::days>(at);
    const date::year_month_day ymd(day);
    const date::hh_mm_ss time(date::floor<std::chrono::seconds>(at - day));
    char out[40];
    std::snprintf(out, sizeof out, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(ymd.year()),
                  static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()),
                  static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()));
    return out;
}

}  // namespace kg
