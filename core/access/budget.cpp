#include "core/access/budget.hpp"

#include <algorithm>
#include <cmath>

namespace kg::access {
namespace {

constexpr std::size_t kForEver = kPeriods;

std::optional<std::int64_t> micro(std::optional<double> credits) {
    return credits ? std::optional(to_micro_credits(*credits)) : std::nullopt;
}

using Room = Budget::Room;

Room room(std::optional<std::int64_t> limit, std::int64_t used, std::int64_t reserved, std::int64_t wanted) {
    if (!limit) return Room::enough;
    if (used >= *limit) return Room::none;
    if (reserved == 0) return Room::enough;
    return used + reserved + std::max<std::int64_t>(wanted, 1) <= *limit ? Room::enough : Room::reserved;
}

bool lasts_longer(const Budget::Shortage& a, const Budget::Shortage& b) {
    if (a.used_up != b.used_up) return a.used_up;
    if (!b.resets_at) return false;
    return !a.resets_at || *a.resets_at > *b.resets_at;
}

}  // namespace

std::int64_t to_micro_credits(double credits) {
    constexpr double kMost = 1e18;
    return std::isfinite(credits) ? std::llround(std::clamp(credits * 1e6, 0.0, kMost)) : 0;
}

std::string Budget::limit_name(std::string_view what, std::size_t window) {
    std::string name(what);
    if (window == kForEver) return name + "_total";
    return name.append("_per_").append(period_name(static_cast<Period>(window)));
}

Budget::Budget(const store::Key& key, TimeZone zone, const std::array<store::KeyUse, kPeriods>& use,
               WallTime at)
    : zone_(zone) {
    for (std::size_t i = 0; i < kPeriods; ++i) {
        if (!key.quotas[i].credits && !key.quotas[i].tokens) continue;
        windows_[i] = {.span = zone_.around(static_cast<Period>(i), at),
                       .micro_credit_limit = micro(key.quotas[i].credits),
                       .token_limit = key.quotas[i].tokens,
                       .used = {to_micro_credits(use[i].credits), use[i].tokens},
                       .reserved = {}};
    }
    windows_[kForEver] = {.span = {},
                          .micro_credit_limit = micro(key.credit_limit),
                          .token_limit = key.token_limit,
                          .used = {to_micro_credits(key.credits_used), key.tokens_used},
                          .reserved = {}};
}

bool Budget::limited() const {
    return std::ranges::any_of(windows_,
                               [](const Window& w) { return w.micro_credit_limit || w.token_limit; });
}

void Budget::learn_use(const Budget& other) {
    for (std::size_t i = 0; i < kWindows; ++i) {
        auto& mine = windows_[i];
        const auto& theirs = other.windows_[i];
        if (mine.span != theirs.span) continue;
        mine.used.micro_credits = std::max(mine.used.micro_credits, theirs.used.micro_credits);
        mine.used.tokens = std::max(mine.used.tokens, theirs.used.tokens);
    }
}

void Budget::merge(const Budget& older) {
    learn_use(older);
    expected_ = older.expected_;
    for (std::size_t i = 0; i < kWindows; ++i) {
        if (windows_[i].span == older.windows_[i].span) windows_[i].reserved = older.windows_[i].reserved;
    }
}

void Budget::roll(WallTime now) {
    for (std::size_t i = 0; i < kPeriods; ++i) {
        auto& window = windows_[i];
        if (!window.span || (now >= window.span->begin && now < window.span->end)) continue;
        window.span = zone_.around(static_cast<Period>(i), now);
        window.used = window.reserved = {};
    }
}

std::optional<Budget::Shortage> Budget::shortage_of(Room found, std::string_view what, std::size_t i) const {
    if (found == Room::enough) return std::nullopt;
    Shortage out{.limit = limit_name(what, i), .used_up = found == Room::none, .resets_at = {}};
    if (windows_[i].span) out.resets_at = windows_[i].span->end;
    return out;
}

std::optional<Budget::Shortage> Budget::shortage(const Amount& wanted, WallTime now) {
    auto worst = shortage_of_tokens(wanted.tokens, now);
    for (std::size_t i = 0; i < kWindows; ++i) {
        const auto& w = windows_[i];
        auto one = shortage_of(
            room(w.micro_credit_limit, w.used.micro_credits, w.reserved.micro_credits, wanted.micro_credits),
            "credits", i);
        if (one && (!worst || lasts_longer(*one, *worst))) worst = std::move(one);
    }
    return worst;
}

std::optional<Budget::Shortage> Budget::shortage_of_tokens(std::int64_t wanted, WallTime now) {
    roll(now);
    std::optional<Shortage> worst;
    for (std::size_t i = 0; i < kWindows; ++i) {
        const auto& w = windows_[i];
        auto one = shortage_of(room(w.token_limit, w.used.tokens, w.reserved.tokens, wanted), "tokens", i);
        if (one && (!worst || lasts_longer(*one, *worst))) worst = std::move(one);
    }
    return worst;
}

bool Budget::limits_tokens() const {
    return std::ranges::any_of(windows_, [](const Window& w) { return w.token_limit.has_value(); });
}

Budget::Charge Budget::reserve(const Amount& wanted) {
    Charge charge;
    for (std::size_t i = 0; i < kWindows; ++i) charge.spans[i] = windows_[i].span;
    raise(charge, wanted);
    return charge;
}

void Budget::raise(Charge& charge, const Amount& more) {
    charge.amount.micro_credits += more.micro_credits;
    charge.amount.tokens += more.tokens;
    for (std::size_t i = 0; i < kWindows; ++i) {
        if (windows_[i].span != charge.spans[i]) continue;
        windows_[i].reserved.micro_credits += more.micro_credits;
        windows_[i].reserved.tokens += more.tokens;
    }
}

void Budget::settle(const Charge& charge, const Amount& really) {
    // Up at once, down slowly: one cheap request says little of the next.
    if (really.micro_credits >= expected_)
        expected_ = really.micro_credits;
    else if (really.micro_credits > 0)
        expected_ -= (expected_ - std::max(really.micro_credits, kLeastExpected)) / 8;
    for (std::size_t i = 0; i < kWindows; ++i) {
        auto& window = windows_[i];
        if (window.span != charge.spans[i]) continue;  // that day is over
        window.reserved.micro_credits =
            std::max<std::int64_t>(window.reserved.micro_credits - charge.amount.micro_credits, 0);
        window.reserved.tokens = std::max<std::int64_t>(window.reserved.tokens - charge.amount.tokens, 0);
        window.used.micro_credits += really.micro_credits;
        window.used.tokens += really.tokens;
    }
}

const std::array<Budget::Window, Budget::kWindows>& Budget::windows(WallTime now) {
    roll(now);
    return windows_;
}

}  // namespace kg::access
