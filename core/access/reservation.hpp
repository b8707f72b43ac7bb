#pragma once

#include <memory>
#include <string>
#include <utility>

#include "core/access/budget.hpp"
#include "core/base/error.hpp"
#include "core/base/ip_network.hpp"
#include "core/http/rate_limits.hpp"

namespace kg::access {

class Authenticator;
struct ManagedKey;

/// What routes are limited apart, so that listing models does not use up a key's conversations:
/// each lane has buckets of its own, of the same size.
enum class Lane : std::uint8_t { chat, light };
constexpr std::size_t kLanes = 2;

/// Why a request may not come in, and what its headers tell.
struct Refusal {
    Error error;
    std::string limit;  // "key.requests_per_minute", "key.credits_per_day"; "" when it is no limit
    http::RateLimits rates;
};

/// What an admitted conversation holds of its key's limits: a stream, and credits and tokens that
/// others cannot take meanwhile. Settled once with what was really used; one that is destroyed
/// unsettled used nothing. Move-only, any thread; its Authenticator outlives it.
class [[nodiscard]] Reservation {
  public:
    Reservation() = default;
    Reservation(Reservation&& other) noexcept { swap(other); }
    Reservation& operator=(Reservation&& other) noexcept {
        Reservation(std::move(other)).swap(*this);
        return *this;
    }
    ~Reservation() { settle(0, 0); }

    /// Of the request that was admitted; empty when no limiter is active.
    const http::RateLimits& rates() const { return rates_; }
    /// Whether the size of the prompt matters: then reserve_tokens() wants to know it.
    bool counts_tokens() const { return counts_tokens_; }
    void settle(double credits, std::int64_t tokens);

  private:
    friend class Authenticator;
    void swap(Reservation& other) noexcept {
        std::swap(owner_, other.owner_);
        std::swap(key_, other.key_);
        std::swap(charge_, other.charge_);
        std::swap(bucket_tokens_, other.bucket_tokens_);
        std::swap(counts_tokens_, other.counts_tokens_);
        std::swap(client_, other.client_);
        std::swap(rates_, other.rates_);
    }

    Authenticator* owner_ = nullptr;
    std::shared_ptr<ManagedKey> key_;  // null: nothing but rates was taken
    Budget::Charge charge_;
    std::int64_t bucket_tokens_ = 0;  // taken of tokens_per_minute
    bool counts_tokens_ = false;
    IpAddress client_;
    http::RateLimits rates_;
};

}  // namespace kg::access
