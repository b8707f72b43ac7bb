#pragma once

#include "core/base/clock.hpp"

namespace kg::test {

/// Time that moves when the test says so. The two clocks can be moved apart, as a clock step does.
class ManualClock final : public Clock {
  public:
    SteadyTime steady() const override { return steady_; }
    WallTime wall() const override { return wall_; }
    void advance(std::chrono::milliseconds by) {
        steady_ += by;
        wall_ += by;
    }
    void step_wall(std::chrono::milliseconds by) { wall_ += by; }
    void set_wall_ms(std::int64_t ms) { wall_ = wall_from_ms(ms); }

  private:
    SteadyTime steady_{std::chrono::hours(1)};
    WallTime wall_{wall_from_ms(1'767'225'600'000)};  // 2026-01-01T00:00:00Z
};

}  // namespace kg::test
