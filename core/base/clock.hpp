#pragma once

#include <chrono>
#include <cstdint>

namespace kg {

using SteadyTime = std::chrono::steady_clock::time_point;
/// Wall-clock time: milliseconds since 1970-01-01T00:00:00Z. For expiry dates and display only;
/// every duration (cool-down, timeout, bucket) is measured on the steady clock.
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

/// Source of time; handed in through constructors so that tests own it. Thread-safe.
class Clock {
  public:
    virtual ~Clock() = default;
    virtual SteadyTime steady() const = 0;
    virtual WallTime wall() const = 0;
};

/// The machine's own clocks.
class SystemClock final : public Clock {
  public:
    SteadyTime steady() const override { return std::chrono::steady_clock::now(); }
    WallTime wall() const override {
        return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
    }
};

inline WallTime wall_from_ms(std::int64_t ms) {
    return WallTime{std::chrono::milliseconds{ms}};
}
inline std::int64_t to_ms(WallTime t) {
    return t.time_since_epoch().count();
}

}  // namespace kg
