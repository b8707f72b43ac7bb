#include "core/anthropic/rate_headers.hpp"

#include <string>
#include <string_view>

#include "core/base/time_zone.hpp"

namespace kg::anthropic {
namespace {

void add(const std::optional<http::RateLimit>& rate, std::string_view what, http::Headers& headers) {
    if (!rate) return;
    const auto prefix = "anthropic-ratelimit-" + std::string(what);
    headers.add(prefix + "-limit", std::to_string(rate->limit));
    headers.add(prefix + "-remaining", std::to_string(rate->remaining));
    headers.add(prefix + "-reset", rfc3339(std::chrono::ceil<std::chrono::seconds>(rate->reset_at)));
}

}  // namespace

void add_rate_limits(const http::RateLimits& rates, http::Headers& headers) {
    add(rates.requests, "requests", headers);
    add(rates.tokens, "tokens", headers);
}

}  // namespace kg::anthropic
