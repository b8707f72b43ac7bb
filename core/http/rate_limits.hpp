#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "core/base/clock.hpp"

namespace kg::http {

/// One limiter as its client sees it: at most `limit` at once, `remaining` now, full again in
/// `reset_in`, which is `reset_at` on the wall clock.
struct RateLimit {
    std::int64_t limit = 0;
    std::int64_t remaining = 0;
    std::chrono::milliseconds reset_in{};
    WallTime reset_at{};
};

/// What the rate-limit headers of an answer tell; nothing where no limiter is active.
struct RateLimits {
    std::optional<RateLimit> requests, tokens;
    bool empty() const { return !requests && !tokens; }
};

}  // namespace kg::http
