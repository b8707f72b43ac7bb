#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include "core/base/clock.hpp"

namespace kg {

/// A rate; per_minute 0 = no limit.
struct Rate {
    std::int64_t per_minute = 0;
    std::int64_t burst = 0;  // 0 = per_minute
    std::int64_t capacity() const { return burst > 0 ? burst : per_minute; }
    bool operator==(const Rate&) const = default;
};

/// `per_minute` tokens a minute, up to `burst` of them saved up; full at first. Counts in whole
/// numbers: over any time t exactly burst + per_minute * t are granted (seed F4). A value; given
/// `now`. Both at most 10^9, per_minute at least 1.
class TokenBucket {
  public:
    TokenBucket(std::int64_t per_minute, std::int64_t burst, SteadyTime now)
        : rate_(per_minute), capacity_(burst * kUnit), level_(capacity_), at_(now) {}

    /// How long until `n` tokens are there, zero when they are; for more than the burst, until the
    /// bucket is full: such a request passes alone and leaves a debt.
    std::chrono::microseconds wait(std::int64_t n, SteadyTime now) {
        refill(now);
        const auto missing = std::min(n * kUnit, capacity_) - level_;
        if (missing <= 0) return {};
        return std::chrono::microseconds(missing / rate_ + (missing % rate_ != 0));
    }
    /// May go below zero: what was really used is known only afterwards.
    void take(std::int64_t n, SteadyTime now) {
        refill(now);
        level_ = std::max(level_ - std::min(n, kMost) * kUnit, -kMost * kUnit);
    }
    void give_back(std::int64_t n, SteadyTime now) {
        refill(now);
        level_ = std::min(level_ + std::min(n, kMost) * kUnit, capacity_);
    }

    std::int64_t per_minute() const { return rate_; }
    std::int64_t burst() const { return capacity_ / kUnit; }
    std::int64_t available(SteadyTime now) {
        refill(now);
        return std::max<std::int64_t>(level_, 0) / kUnit;
    }
    std::chrono::microseconds until_full(SteadyTime now) { return wait(burst(), now); }
    bool same_limits(const TokenBucket& other) const {
        return rate_ == other.rate_ && capacity_ == other.capacity_;
    }

  private:
    static constexpr std::int64_t kUnit = 60'000'000;  // a microsecond brings `rate_` of a token's units
    static constexpr std::int64_t kMost = 10'000'000'000;

    void refill(SteadyTime now) {
        const auto passed = std::chrono::duration_cast<std::chrono::microseconds>(now - at_);
        if (passed.count() <= 0) return;
        at_ += passed;  // the rest of a microsecond counts next time
        if (passed.count() > (capacity_ - level_) / rate_)
            level_ = capacity_;
        else
            level_ += passed.count() * rate_;
    }

    std::int64_t rate_, capacity_, level_;
    SteadyTime at_;
};

/// Nothing for a rate without a limit.
inline std::optional<TokenBucket> make_bucket(const Rate& rate, SteadyTime now) {
    if (rate.per_minute <= 0) return std::nullopt;
    return TokenBucket(rate.per_minute, rate.capacity(), now);
}

/// Makes `bucket` one of this rate; an unchanged limit keeps what is in it.
inline void adapt_bucket(std::optional<TokenBucket>& bucket, const Rate& rate, SteadyTime now) {
    auto fresh = make_bucket(rate, now);
    if (bucket && fresh && bucket->same_limits(*fresh)) return;
    bucket = fresh;
}

}  // namespace kg
