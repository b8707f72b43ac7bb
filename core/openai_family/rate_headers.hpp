#pragma once

#include "core/http/message.hpp"
#include "core/http/rate_limits.hpp"

namespace kg::openai_family {

/// x-ratelimit-limit-, -remaining- and -reset-requests and -tokens; resets are durations such as
/// "120ms", "7s" or "6m0s" (client-apis 9.4).
void add_rate_limits(const http::RateLimits& rates, http::Headers& headers);

}  // namespace kg::openai_family
