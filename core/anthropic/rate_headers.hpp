#pragma once

#include "core/http/message.hpp"
#include "core/http/rate_limits.hpp"

namespace kg::anthropic {

/// anthropic-ratelimit-requests- and -tokens-limit, -remaining and -reset; resets are times such as
/// "2026-11-23T10:00:00Z" (client-apis 9.4).
void add_rate_limits(const http::RateLimits& rates, http::Headers& headers);

}  // namespace kg::anthropic
