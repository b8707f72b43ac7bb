// Authenticator, the part that tells callers what they may use.
#include "core/access/authenticator.hpp"

namespace kg::access {
namespace {

double credits(std::int64_t micro) {
    return static_cast<double>(micro) / 1e6;
}

LimitUse describe(std::string name, TokenBucket& bucket, SteadyTime now, WallTime wall) {
    const auto missing = bucket.burst() - bucket.available(now);
    const auto full = std::chrono::ceil<std::chrono::milliseconds>(bucket.until_full(now));
    return {.name = std::move(name),
            .limit = static_cast<double>(bucket.burst()),
            .used = static_cast<double>(missing),
            .reserved = 0,
            .resets_at = wall + full};
}

void describe(const Budget::Window& window, std::size_t i, std::vector<LimitUse>& out) {
    const auto resets = window.span ? std::optional(window.span->end) : std::nullopt;
    if (window.micro_credit_limit) {
        out.push_back({.name = Budget::limit_name("credits", i),
                       .limit = credits(*window.micro_credit_limit),
                       .used = credits(window.used.micro_credits),
                       .reserved = credits(window.reserved.micro_credits),
                       .resets_at = resets});
    }
    if (window.token_limit) {
        out.push_back({.name = Budget::limit_name("tokens", i),
                       .limit = static_cast<double>(*window.token_limit),
                       .used = static_cast<double>(window.used.tokens),
                       .reserved = static_cast<double>(window.reserved.tokens),
                       .resets_at = resets});
    }
}

}  // namespace

std::vector<Authenticator::NearLimit> Authenticator::near_limit(double share) {
    const std::lock_guard lock(mutex_);
    const auto wall = clock_.wall();
    std::vector<NearLimit> out;
    std::vector<LimitUse> limits;
    for (const auto& [id, key] : by_id_) {
        if (!key->budget.limited() || !key->record->enabled) continue;
        limits.clear();
        const auto& windows = key->budget.windows(wall);
        for (std::size_t i = 0; i < windows.size(); ++i) describe(windows[i], i, limits);
        const LimitUse* fullest = nullptr;
        for (const auto& limit : limits) {
            if (limit.limit <= 0 || limit.used < share * limit.limit) continue;
            if (!fullest || limit.used / limit.limit > fullest->used / fullest->limit) fullest = &limit;
        }
        if (fullest) out.push_back({.id = id, .name = key->record->name, .limit = fullest->name});
    }
    return out;
}

KeyUsage Authenticator::usage(const Principal& principal) {
    const std::lock_guard lock(mutex_);
    const auto now = clock_.steady();
    const auto wall = clock_.wall();
    constexpr auto lane = static_cast<std::size_t>(Lane::chat);
    KeyUsage out;
    if (gateway_[lane])
        out.limits.push_back(describe("gateway_requests_per_minute", *gateway_[lane], now, wall));
    const auto key = find(principal);
    if (!key) return out;
    out.key = key->record;
    out.requests = key->finished;
    out.streams = key->streams;
    if (key->requests[lane])
        out.limits.push_back(describe("requests_per_minute", *key->requests[lane], now, wall));
    if (key->tokens) out.limits.push_back(describe("tokens_per_minute", *key->tokens, now, wall));
    if (key->record->streams_max) {
        out.limits.push_back({.name = "streams",
                              .limit = static_cast<double>(*key->record->streams_max),
                              .used = static_cast<double>(key->streams),
                              .reserved = 0,
                              .resets_at = {}});
    }
    const auto& windows = key->budget.windows(wall);
    for (std::size_t i = 0; i < windows.size(); ++i) describe(windows[i], i, out.limits);
    out.credits = credits(windows.back().used.micro_credits);
    out.tokens = windows.back().used.tokens;
    return out;
}

}  // namespace kg::access
