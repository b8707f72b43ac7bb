#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "core/base/clock.hpp"

namespace kg::account {

/// Calls and failures of the last kSeconds seconds, one bucket for each second (seed E16): a fixed
/// size, whatever the load. A value; given `now`.
class FailureWindow {
  public:
    static constexpr std::size_t kSeconds = 30;

    void add(bool failed, SteadyTime now) {
        const auto second = second_of(now);
        auto& bucket = buckets_[static_cast<std::size_t>(second) % kSeconds];
        if (bucket.second != second) bucket = {second, 0, 0};
        ++bucket.calls;
        bucket.failures += failed;
    }
    struct Sum {
        std::uint64_t calls = 0, failures = 0;
    };
    Sum sum(SteadyTime now) const {
        Sum out;
        const auto second = second_of(now);
        for (const auto& bucket : buckets_) {
            if (bucket.second > second || bucket.second + static_cast<std::int64_t>(kSeconds) <= second)
                continue;
            out.calls += bucket.calls;
            out.failures += bucket.failures;
        }
        return out;
    }
    /// At least `calls_min` calls, and `percent` of them failed.
    bool bad(unsigned calls_min, unsigned percent, SteadyTime now) const {
        const auto all = sum(now);
        return all.calls >= calls_min && all.failures * 100 >= all.calls * percent;
    }
    void clear() { buckets_ = {}; }

  private:
    static std::int64_t second_of(SteadyTime now) {
        return std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count() + kFirst;
    }
    static constexpr std::int64_t kFirst = kSeconds;  // second 0 of a fresh bucket is long past
    struct Bucket {
        std::int64_t second = 0;
        std::uint32_t calls = 0, failures = 0;
    };
    std::array<Bucket, kSeconds> buckets_{};
};

}  // namespace kg::account
