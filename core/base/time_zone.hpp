#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/clock.hpp"
#include "core/base/result.hpp"

namespace kg {

/// The calendar periods that a budget may be given for. Weeks begin on Monday.
enum class Period : std::uint8_t { day, week, month };
constexpr std::size_t kPeriods = 3;
std::string_view period_name(Period period);  // "day"

struct TimeSpan {
    WallTime begin, end;  // begin <= t < end
    bool operator==(const TimeSpan&) const = default;
};

/// A named time zone of the system's zoneinfo, or UTC. A value, any thread; the zone's rules are
/// read from the disk once per process, when find() first meets the name.
class TimeZone {
  public:
    TimeZone() = default;  // UTC
    /// "" and "UTC", or "Area/City" as zoneinfo spells it; otherwise malformed_request.
    static Result<TimeZone> find(std::string_view name);

    /// The period around `at`: it begins at the local midnight that opens the day, Monday or first
    /// of the month, or where the clock goes on when summer time skips that midnight.
    TimeSpan around(Period period, WallTime at) const;

  private:
    const void* zone_ = nullptr;  // a date::time_zone, which lives as long as the process
};

/// "2026-11-23T10:00:00Z"
std::string rfc3339(WallTime at);

}  // namespace kg
