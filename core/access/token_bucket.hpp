#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "core/base/clock.hpp"

namespace kg::access {

/// `per_minute` requests a minute, all of them at once if the bucket is full. A value; given `now`.
class TokenBucket {
  public:
    TokenBucket(double per_minute, SteadyTime now)
        : rate_per_ms_(per_minute / 60'000), capacity_(per_minute), tokens_(per_minute), at_(now) {}

    /// Takes one token; otherwise says how long until there is one.
    std::optional<std::chrono::milliseconds> try_take(SteadyTime now) {
        refill(now);
        if (tokens_ >= 1) {
            tokens_ -= 1;
            return std::nullopt;
        }
        return std::chrono::ceil<std::chrono::milliseconds>(
            std::chrono::duration<double, std::milli>((1 - tokens_) / rate_per_ms_));
    }
    void give_back() { tokens_ = std::min(capacity_, tokens_ + 1); }
    double capacity() const { return capacity_; }

  private:
    void refill(SteadyTime now) {
        const std::chrono::duration<double, std::milli> passed = now - at_;
        at_ = now;
        tokens_ = std::min(capacity_, tokens_ + passed.count() * rate_per_ms_);
    }
    double rate_per_ms_, capacity_, tokens_;
    SteadyTime at_;
};

}  // namespace kg::access
