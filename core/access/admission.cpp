// Authenticator, the half that limits: check all, then take all.
#include <algorithm>

#include "core/access/authenticator.hpp"

namespace kg::access {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

/// When a running request may have ended and given back what it held.
constexpr milliseconds kBusyRetry{1'000};

std::string sentence(std::string_view limit) {
    std::string words(limit);
    if (words.ends_with("_total")) words.insert(words.size() - 5, "in_");
    std::replace(words.begin(), words.end(), '_', ' ');
    return words;
}

}  // namespace

/// Collects what stands in the way; the one that lasts longest is told.
class Authenticator::Verdict {
  public:
    void rate(std::string_view limit, std::string_view whose, microseconds wait) {
        if (wait <= microseconds::zero()) return;
        const auto dot = limit.find('.');
        add(limit,
            {.kind = ErrorKind::rate_limited,
             .message = std::string(whose) + "'s limit of " + sentence(limit.substr(dot + 1)) + " is reached",
             .retry_after = std::chrono::ceil<milliseconds>(wait)});
    }
    void busy(std::string_view limit, std::string message) {
        add(limit,
            {.kind = ErrorKind::rate_limited, .message = std::move(message), .retry_after = kBusyRetry});
    }
    void shortage(const Budget::Shortage& s, WallTime now) {
        const auto limit = "key." + s.limit;
        if (!s.used_up)
            return busy(limit, "what is left of this API key's " + sentence(s.limit) +
                                   " is held by its requests in progress");
        Error error{.kind = ErrorKind::key_quota_exhausted,
                    .message = "this API key's " + sentence(s.limit) + " are used up"};
        if (s.resets_at) {
            error.message += " until " + rfc3339(*s.resets_at);
            error.retry_after = *s.resets_at - now;
        }
        add(limit, std::move(error));
    }
    void fail(Error error) { refusal_ = Refusal{.error = std::move(error), .limit = {}, .rates = {}}; }

    bool admitted() const { return !refusal_; }
    Refusal take(http::RateLimits rates) {
        refusal_->rates = std::move(rates);
        return std::move(*refusal_);
    }

  private:
    void add(std::string_view limit, Error error) {
        if (refusal_ && refusal_->limit.empty()) return;
        if (refusal_ && !lasts_longer(error, refusal_->error)) return;
        refusal_ = Refusal{.error = std::move(error), .limit = std::string(limit), .rates = {}};
    }
    static bool lasts_longer(const Error& a, const Error& b) {
        if (!b.retry_after) return false;
        return !a.retry_after || *a.retry_after > *b.retry_after;
    }
    std::optional<Refusal> refusal_;
};

void Authenticator::check_rates(Verdict& verdict, ManagedKey* key, Lane lane, const IpAddress& client,
                                SteadyTime now) {
    const auto i = static_cast<std::size_t>(lane);
    if (gateway_[i]) verdict.rate("gateway.requests_per_minute", "the gateway", gateway_[i]->wait(1, now));
    verdict.rate("address.requests_per_minute", "this address", addresses_.wait(client, now));
    if (key && key->requests[i])
        verdict.rate("key.requests_per_minute", "this API key", key->requests[i]->wait(1, now));
}

void Authenticator::take_rates(ManagedKey* key, Lane lane, const IpAddress& client, SteadyTime now) {
    const auto i = static_cast<std::size_t>(lane);
    if (gateway_[i]) gateway_[i]->take(1, now);
    addresses_.take(client, now);
    if (key && key->requests[i]) key->requests[i]->take(1, now);
}

http::RateLimits Authenticator::rates(ManagedKey* key, Lane lane, SteadyTime now, WallTime wall) {
    const auto describe = [&](TokenBucket& bucket) {
        const auto full = std::chrono::ceil<milliseconds>(bucket.until_full(now));
        return http::RateLimit{.limit = bucket.burst(),
                               .remaining = bucket.available(now),
                               .reset_in = full,
                               .reset_at = wall + full};
    };
    http::RateLimits out;
    const auto i = static_cast<std::size_t>(lane);
    if (key && key->requests[i]) out.requests = describe(*key->requests[i]);
    if (gateway_[i]) {
        const auto whole = describe(*gateway_[i]);
        if (!out.requests || whole.remaining < out.requests->remaining) out.requests = whole;
    }
    if (key && key->tokens) out.tokens = describe(*key->tokens);
    return out;
}

Result<Reservation, Refusal> Authenticator::admit(const Principal& principal, const IpAddress& client) {
    const std::lock_guard lock(mutex_);
    const auto now = clock_.steady();
    const auto wall = clock_.wall();
    const auto key = find(principal);
    const Amount wanted{.micro_credits = key ? key->budget.expected_micro_credits() : 0, .tokens = 0};
    Verdict verdict;
    check_rates(verdict, key.get(), Lane::chat, client, now);
    if (key) {
        if (key->tokens) verdict.rate("key.tokens_per_minute", "this API key", key->tokens->wait(1, now));
        if (key->record->streams_max && key->streams >= *key->record->streams_max)
            verdict.busy("key.streams", "this API key has as many requests in progress as it may have");
        if (const auto shortage = key->budget.shortage(wanted, wall)) verdict.shortage(*shortage, wall);
    } else if (principal.key) {
        verdict.fail({.kind = ErrorKind::unauthenticated, .message = "invalid API key"});
    }
    if (!verdict.admitted()) return Err(verdict.take(rates(key.get(), Lane::chat, now, wall)));

    take_rates(key.get(), Lane::chat, client, now);
    Reservation out;
    out.client_ = client;
    out.owner_ = this;
    out.rates_ = rates(key.get(), Lane::chat, now, wall);
    if (key) {
        ++key->streams;
        out.charge_ = key->budget.reserve(wanted);
        out.counts_tokens_ = key->tokens || key->budget.limits_tokens();
        out.key_ = key;
    }
    return out;
}

Result<void, Refusal> Authenticator::reserve_tokens(Reservation& reservation, std::int64_t tokens) {
    if (!reservation.counts_tokens() || !reservation.key_ || tokens <= 0) return {};
    Verdict verdict;
    http::RateLimits told;
    {
        const std::lock_guard lock(mutex_);
        const auto now = clock_.steady();
        const auto wall = clock_.wall();
        ManagedKey& key = *reservation.key_;
        if (key.tokens) verdict.rate("key.tokens_per_minute", "this API key", key.tokens->wait(tokens, now));
        // The credits are reserved already and must not count against themselves.
        if (const auto shortage = key.budget.shortage_of_tokens(tokens, wall))
            verdict.shortage(*shortage, wall);
        if (verdict.admitted()) {
            if (key.tokens) key.tokens->take(tokens, now);
            reservation.bucket_tokens_ = key.tokens ? tokens : 0;
            key.budget.raise(reservation.charge_, {.micro_credits = 0, .tokens = tokens});
            if (key.tokens) reservation.rates_ = rates(&key, Lane::chat, now, wall);
            return {};
        }
        constexpr auto lane = static_cast<std::size_t>(Lane::chat);
        if (gateway_[lane]) gateway_[lane]->give_back(1, now);
        addresses_.give_back(reservation.client_, now);
        if (key.requests[lane]) key.requests[lane]->give_back(1, now);
        told = rates(&key, Lane::chat, now, wall);
    }
    reservation = {};
    return Err(verdict.take(std::move(told)));
}

Result<void, Refusal> Authenticator::admit_light(const Principal& principal, const IpAddress& client) {
    const std::lock_guard lock(mutex_);
    const auto now = clock_.steady();
    const auto key = find(principal);
    Verdict verdict;
    check_rates(verdict, key.get(), Lane::light, client, now);
    if (!verdict.admitted()) return Err(verdict.take(rates(key.get(), Lane::light, now, clock_.wall())));
    take_rates(key.get(), Lane::light, client, now);
    return {};
}

Result<void, Refusal> Authenticator::admit_stranger(const IpAddress& client) {
    const std::lock_guard lock(mutex_);
    const auto now = clock_.steady();
    Verdict verdict;
    verdict.rate("address.requests_per_minute", "this address", addresses_.wait(client, now));
    if (!verdict.admitted()) return Err(verdict.take({}));
    addresses_.take(client, now);
    return {};
}

void Authenticator::settle(Reservation& reservation, const Amount& really) {
    const std::lock_guard lock(mutex_);
    ManagedKey& key = *reservation.key_;
    --key.streams;
    if (really.tokens > 0 || really.micro_credits > 0) ++key.finished;
    key.budget.settle(reservation.charge_, really);
    if (!key.tokens) return;
    const auto more = really.tokens - reservation.bucket_tokens_;
    const auto now = clock_.steady();
    more >= 0 ? key.tokens->take(more, now) : key.tokens->give_back(-more, now);
}

void Reservation::settle(double credits, std::int64_t tokens) {
    if (key_) owner_->settle(*this, {to_micro_credits(credits), std::max<std::int64_t>(tokens, 0)});
    owner_ = nullptr;
    key_.reset();
}

}  // namespace kg::access
