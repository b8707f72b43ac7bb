#include "daemon/http/cors.hpp"

#include <algorithm>

#include "core/base/ascii.hpp"

namespace kg::httpd {
namespace {

constexpr std::string_view kExposed =
    "access-control-expose-headers: request-id, x-request-id, retry-after, retry-after-ms, "
    "x-should-retry, anthropic-ratelimit-requests-limit, anthropic-ratelimit-requests-remaining, "
    "anthropic-ratelimit-requests-reset, anthropic-ratelimit-tokens-limit, "
    "anthropic-ratelimit-tokens-remaining, anthropic-ratelimit-tokens-reset, x-ratelimit-limit-requests, "
    "x-ratelimit-remaining-requests, x-ratelimit-reset-requests, x-ratelimit-limit-tokens, "
    "x-ratelimit-remaining-tokens, x-ratelimit-reset-tokens, x-kirogate-limit, x-kirogate-model, "
    "x-kirogate-warnings, x-kirogate-compression\r\n";
constexpr std::string_view kMethods =
    "access-control-allow-methods: GET, POST, PUT, PATCH, DELETE, OPTIONS, HEAD\r\n";

}  // namespace

CorsPolicy::CorsPolicy(std::string_view origins) {
    while (!origins.empty()) {
        const std::size_t comma = origins.find(',');
        const std::string_view one = ascii::trim(origins.substr(0, comma));
        if (one == "*") any_ = true;
        // An Origin header never ends in a slash, people's settings do.
        if (!one.empty()) origins_.emplace_back(one.substr(0, one.size() - (one.back() == '/')));
        if (comma == std::string_view::npos) break;
        origins.remove_prefix(comma + 1);
    }
}

bool CorsPolicy::allows(std::string_view origin) const {
    return std::any_of(origins_.begin(), origins_.end(),
                       [&](const std::string& known) { return ascii::equals_ignoring_case(known, origin); });
}

void CorsPolicy::append_headers(std::string& wire, std::string_view origin) const {
    if (any_) {
        wire += "access-control-allow-origin: *\r\n";
        wire += kExposed;
        return;
    }
    if (origins_.empty()) return;
    // Said to every origin: a shared cache must not hand one page the answer meant for another.
    wire += "vary: Origin\r\n";
    if (origin.empty() || !allows(origin)) return;
    wire.append("access-control-allow-origin: ").append(origin).append("\r\n");
    wire += kExposed;
}

void CorsPolicy::append_preflight(std::string& wire, std::string_view origin,
                                  std::string_view requested) const {
    append_headers(wire, origin);
    if (!any_ && (origin.empty() || !allows(origin))) return;
    wire += kMethods;
    wire.append("access-control-allow-headers: ").append(requested.empty() ? "*" : requested);
    wire += "\r\naccess-control-max-age: 86400\r\n";
}

}  // namespace kg::httpd
