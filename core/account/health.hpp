#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>

#include "core/base/clock.hpp"

namespace kg::account {

/// A quantity that halves the distance to its resting value every `half_life`. A value; given `now`.
class Fading {
  public:
    Fading(double rest, std::chrono::milliseconds half_life, double value, SteadyTime at)
        : rest_(rest), half_life_(half_life), value_(value), at_(at) {}
    Fading(double rest, std::chrono::milliseconds half_life) : Fading(rest, half_life, rest, {}) {}

    double at(SteadyTime now) const {
        if (value_ == rest_ || now <= at_) return value_;
        const std::chrono::duration<double, std::milli> age = now - at_;
        const double left = std::exp2(-age.count() / static_cast<double>(half_life_.count()));
        return rest_ + (value_ - rest_) * left;
    }
    void set(double value, SteadyTime now) {
        value_ = value;
        at_ = now;
    }

  private:
    double rest_;
    std::chrono::milliseconds half_life_;
    double value_;
    SteadyTime at_;
};

/// Evidence about one account as a number from 0 (only failures lately) to 100 (only quick answers
/// lately): an exponentially weighted mean that returns to neutral when there is no evidence (seed
/// E14). A value; given `now`.
class Health {
  public:
    static constexpr double kNeutral = 80;
    static constexpr std::chrono::milliseconds kHalfLife = std::chrono::minutes(10);
    /// How far a failure pulls to 0, by its gravity.
    static constexpr double kSoft = 0.25, kThrottled = 0.30, kRefused = 0.50;

    Health() = default;
    /// As it was found in the store, `age` old.
    static Health restored(double score, std::chrono::milliseconds age, SteadyTime now) {
        Health health;
        const auto known = std::clamp<std::chrono::milliseconds>(age, {}, std::chrono::hours(24));
        health.score_.set(std::clamp(score, 0.0, 100.0), now - known);
        return health;
    }

    double score(SteadyTime now) const { return score_.at(now); }
    /// Usual time to the first event in milliseconds; negative: not known.
    double first_event_ms() const { return first_event_ms_; }

    void success(SteadyTime now) {
        // A slow account does not deserve the full mark: 100 up to 5 s, 60 from 30 s on.
        const double late = std::clamp((first_event_ms_ - 5'000) / 25'000, 0.0, 1.0);
        move_to(100 - 40 * late, 0.10, now);
    }
    void failure(double weight, SteadyTime now) { move_to(0, weight, now); }
    void first_event(std::chrono::milliseconds took) {
        const auto ms = static_cast<double>(took.count());
        first_event_ms_ = first_event_ms_ < 0 ? ms : 0.7 * first_event_ms_ + 0.3 * ms;
    }

  private:
    void move_to(double goal, double weight, SteadyTime now) {
        const double from = score(now);
        score_.set(from + (goal - from) * weight, now);
    }
    Fading score_{kNeutral, kHalfLife};
    double first_event_ms_ = -1;
};

}  // namespace kg::account
