#include "core/openai_family/rate_headers.hpp"

#include <string>
#include <string_view>

namespace kg::openai_family {
namespace {

std::string duration_text(std::chrono::milliseconds time) {
    using namespace std::chrono;
    if (time < seconds(1)) return std::to_string(time.count()) + "ms";
    const auto whole = ceil<seconds>(time).count();
    std::string out;
    if (whole >= 3600) out += std::to_string(whole / 3600) + "h";
    if (whole >= 60) out += std::to_string(whole / 60 % 60) + "m";
    return out + std::to_string(whole % 60) + "s";
}

void add(const std::optional<http::RateLimit>& rate, const std::string& what, http::Headers& headers) {
    if (!rate) return;
    headers.add("x-ratelimit-limit-" + what, std::to_string(rate->limit));
    headers.add("x-ratelimit-remaining-" + what, std::to_string(rate->remaining));
    headers.add("x-ratelimit-reset-" + what, duration_text(rate->reset_in));
}

}  // namespace

void add_rate_limits(const http::RateLimits& rates, http::Headers& headers) {
    add(rates.requests, "requests", headers);
    add(rates.tokens, "tokens", headers);
}

}  // namespace kg::openai_family
