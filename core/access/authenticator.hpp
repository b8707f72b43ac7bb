#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/access/managed_key.hpp"
#include "core/access/principal.hpp"
#include "core/base/clock.hpp"
#include "core/base/digest.hpp"
#include "core/base/result.hpp"
#include "core/http/message.hpp"

namespace kg::access {

/// One limit of a caller: how much of it is used and when it begins anew.
struct LimitUse {
    std::string name;  // "requests_per_minute", "credits_per_day"
    double limit = 0;
    double used = 0;      // of a rate: what is missing to the full bucket
    double reserved = 0;  // by requests in progress
    std::optional<WallTime> resets_at;
};

/// What a caller may be told about itself.
struct KeyUsage {
    std::shared_ptr<const store::Key> key;  // null: no managed key
    std::int64_t requests = 0, tokens = 0, streams = 0;
    double credits = 0;
    std::vector<LimitUse> limits;
};

/// Checks client keys and enforces what they may spend. Shared by all threads: one mutex, held for
/// a hash lookup and some arithmetic. Keys are compared by SHA-256 and then in constant time; no key
/// text is kept.
///
/// A request is admitted when every limit above it has room: the gateway's rate, its address's, its
/// key's rates, streams and budgets. All are checked, then all are taken, so a refusal changes
/// nothing (seed F5, F7).
class Authenticator {
  public:
    explicit Authenticator(const Clock& clock) : clock_(clock) {}

    /// Nothing: no proxy key, only managed keys are accepted.
    void set_proxy_key(std::optional<Sha256> hash);
    /// Whose bearer may see what no client may: the state of the pool. Nothing: nobody's.
    void set_operator_key(std::optional<Sha256> hash);
    bool is_operator(const http::Headers& headers) const;
    void set_rates(Rate gateway, Rate address);
    /// Replaces the managed keys. What was counted here and is not yet in the store is kept.
    void load(const std::vector<KeyState>& keys);
    /// What the store says of keys that are known here: it may know of use by another process.
    void learn_use(const std::vector<KeyState>& keys);
    /// Whether any key has a budget, and learn_use() thus something to learn.
    bool has_budgets() const;
    bool has_any_key() const;
    /// Keys of whose budgets (credits, tokens) at least this share is used, with the fullest: its name, as
    /// "credits_per_day".
    struct NearLimit {
        std::string id, name, limit;
    };
    std::vector<NearLimit> near_limit(double share);

    /// The keys a request presents, in order of precedence: x-api-key, Authorization: Bearer,
    /// api-key. The first valid one counts (seed B19). Unauthenticated errors never say which part
    /// was wrong; forbidden: the key is valid but not from this address.
    Result<Principal> authenticate(const http::Headers& headers, const IpAddress& client) const;
    Result<Principal> authenticate(std::string_view key, const IpAddress& client) const;

    /// A conversation; its cost is unknown before its body is read.
    Result<Reservation, Refusal> admit(const Principal& principal, const IpAddress& client);
    /// The estimated prompt, once it is decoded. A refusal gives the whole reservation back.
    Result<void, Refusal> reserve_tokens(Reservation& reservation, std::int64_t tokens);
    /// Anything else that needs a key: rates only.
    Result<void, Refusal> admit_light(const Principal& principal, const IpAddress& client);
    /// Whoever shows no valid key, or needs none: the rate of the address.
    Result<void, Refusal> admit_stranger(const IpAddress& client);

    KeyUsage usage(const Principal& principal);

  private:
    friend class Reservation;
    struct HashOfSha {
        std::size_t operator()(const Sha256& h) const;
    };
    using KeyRef = std::shared_ptr<ManagedKey>;
    class Verdict;

    KeyRef find(const Principal& principal) const;
    void check_rates(Verdict& verdict, ManagedKey* key, Lane lane, const IpAddress& client, SteadyTime now);
    void take_rates(ManagedKey* key, Lane lane, const IpAddress& client, SteadyTime now);
    http::RateLimits rates(ManagedKey* key, Lane lane, SteadyTime now, WallTime wall);
    void settle(Reservation& reservation, const Amount& really);

    const Clock& clock_;
    mutable std::mutex mutex_;
    std::optional<Sha256> proxy_hash_, operator_hash_;
    Rate gateway_rate_;
    std::array<std::optional<TokenBucket>, kLanes> gateway_;  // by Lane
    AddressLimiter addresses_;
    std::unordered_map<Sha256, KeyRef, HashOfSha> by_hash_;
    std::unordered_map<std::string, KeyRef> by_id_;
};

}  // namespace kg::access
