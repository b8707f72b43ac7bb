#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/access/principal.hpp"
#include "core/access/token_bucket.hpp"
#include "core/base/clock.hpp"
#include "core/base/digest.hpp"
#include "core/base/result.hpp"
#include "core/http/message.hpp"
#include "core/store/records.hpp"

namespace kg::access {

/// Checks client keys and enforces what they may spend. Shared by all threads: one mutex, held for
/// a hash lookup. Keys are compared by SHA-256 and then in constant time; no key text is kept.
class Authenticator {
  public:
    explicit Authenticator(const Clock& clock) : clock_(clock) {}

    /// Nothing: no proxy key, only managed keys are accepted.
    void set_proxy_key(std::optional<Sha256> hash);
    void set_requests_per_minute(std::int64_t limit);  // whole gateway, 0 = none
    /// Replaces the managed keys. Credits settled here and not yet seen in the store are kept.
    void load(const std::vector<store::Key>& keys);
    bool has_any_key() const;

    /// The keys a request presents, in order of precedence: x-api-key, Authorization: Bearer,
    /// api-key. The first valid one counts (seed B19). Unauthenticated errors never say which part
    /// was wrong.
    Result<Principal> authenticate(const http::Headers& headers) const;
    Result<Principal> authenticate(std::string_view key) const;

    /// Admission: global and per-key request rate, key expiry and credits. Takes a token of each
    /// bucket or none.
    Result<void> admit(const Principal& principal);
    /// The request's real cost, whatever its outcome.
    void settle(const Principal& principal, double credits);

  private:
    struct HashOfSha {
        std::size_t operator()(const Sha256& h) const;
    };
    struct Managed {
        store::Key record;
        std::optional<TokenBucket> bucket;
        double credits_used = 0;
    };

    const Clock& clock_;
    mutable std::mutex mutex_;
    std::optional<Sha256> proxy_hash_;
    std::optional<TokenBucket> global_bucket_;
    std::unordered_map<Sha256, std::shared_ptr<Managed>, HashOfSha> by_hash_;
    std::unordered_map<std::string, std::shared_ptr<Managed>> by_id_;
};

}  // namespace kg::access
