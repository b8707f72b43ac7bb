#include "core/access/authenticator.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/base/ascii.hpp"
#include "core/http/url.hpp"

namespace kg::access {
namespace {

bool equal(const Sha256& a, const Sha256& b) {
    const auto view = [](const Sha256& h) {
        return std::string_view(reinterpret_cast<const char*>(h.data()), h.size());
    };
    return constant_time_equal(view(a), view(b));
}

std::string_view bearer(std::string_view authorization) {
    constexpr std::string_view scheme = "bearer ";
    if (authorization.size() <= scheme.size() ||
        !ascii::equals_ignoring_case(authorization.substr(0, scheme.size()), scheme))
        return {};
    return ascii::trim(authorization.substr(scheme.size()));
}

Error unauthenticated(std::string message) {
    return {.kind = ErrorKind::unauthenticated, .message = std::move(message)};
}

}  // namespace

bool Principal::may_use_model(std::string_view wire_id, std::string_view public_name) const {
    return allowed_models.empty() || std::ranges::any_of(allowed_models, [&](const std::string& pattern) {
               return ascii::matches_pattern(wire_id, pattern) ||
                      ascii::matches_pattern(public_name, pattern);
           });
}

std::string exposure_warning(const Principal& principal, std::string_view peer) {
    if (principal.kind != Principal::Kind::tenant || peer == "unix" || http::is_loopback_host(peer))
        return {};
    return "the refresh token in the key may have travelled unencrypted; put TLS in front of the "
           "gateway or use a managed key";
}

std::size_t Authenticator::HashOfSha::operator()(const Sha256& h) const {
    std::size_t out;
    std::memcpy(&out, h.data(), sizeof out);
    return out;
}

void Authenticator::set_proxy_key(std::optional<Sha256> hash) {
    const std::lock_guard lock(mutex_);
    proxy_hash_ = hash;
}

void Authenticator::set_requests_per_minute(std::int64_t limit) {
    const std::lock_guard lock(mutex_);
    const auto wanted = static_cast<double>(limit);
    if (limit <= 0)
        global_bucket_.reset();
    else if (!global_bucket_ || global_bucket_->capacity() != wanted)
        global_bucket_.emplace(wanted, clock_.steady());
}

void Authenticator::load(const std::vector<store::Key>& keys) {
    const std::lock_guard lock(mutex_);
    auto old = std::move(by_id_);
    by_id_.clear();
    by_hash_.clear();
    for (const auto& key : keys) {
        auto managed = std::make_shared<Managed>();
        managed->record = key;
        managed->credits_used = key.credits_used;
        if (const auto it = old.find(key.id); it != old.end()) {
            managed->credits_used = std::max(managed->credits_used, it->second->credits_used);
            if (it->second->record.requests_per_minute == key.requests_per_minute)
                managed->bucket = it->second->bucket;
        }
        if (key.requests_per_minute && *key.requests_per_minute > 0 && !managed->bucket) {
            managed->bucket.emplace(static_cast<double>(*key.requests_per_minute), clock_.steady());
        }
        by_hash_.emplace(key.key_hash, managed);
        by_id_.emplace(key.id, std::move(managed));
    }
}

bool Authenticator::has_any_key() const {
    const std::lock_guard lock(mutex_);
    return proxy_hash_.has_value() || !by_id_.empty();
}

Result<Principal> Authenticator::authenticate(const http::Headers& headers) const {
    const std::array candidates{ascii::trim(headers.get("x-api-key")), bearer(headers.get("authorization")),
                                ascii::trim(headers.get("api-key"))};
    std::optional<Error> first;
    for (const auto candidate : candidates) {
        if (candidate.empty()) continue;
        auto principal = authenticate(candidate);
        if (principal) return principal;
        if (!first) first = std::move(principal).error();
    }
    if (first) return Err(std::move(*first));
    return Err(unauthenticated("no API key: send it as `Authorization: Bearer KEY` or `x-api-key: KEY`"));
}

Result<Principal> Authenticator::authenticate(std::string_view key) const {
    const std::lock_guard lock(mutex_);
    const auto whole = sha256(key);
    if (proxy_hash_ && equal(whole, *proxy_hash_)) return Principal{};
    if (const auto it = by_hash_.find(whole); it != by_hash_.end() && equal(it->first, whole)) {
        const auto& record = it->second->record;
        if (!record.enabled) return Err(unauthenticated("this API key is disabled"));
        if (record.expires_at_ms && to_ms(clock_.wall()) >= *record.expires_at_ms)
            return Err(unauthenticated("this API key has expired"));
        return Principal{.kind = Principal::Kind::managed,
                         .key_id = record.id,
                         .allowed_models = record.allowed_models,
                         .allowed_accounts = record.allowed_accounts};
    }
    // "proxy key:refresh token": split at the first colon, real tokens contain colons themselves.
    const auto colon = key.find(':');
    if (proxy_hash_ && colon != key.npos && equal(sha256(key.substr(0, colon)), *proxy_hash_)) {
        const auto token = key.substr(colon + 1);
        if (token.empty()) return Err(unauthenticated("the refresh token after the colon is missing"));
        if (token.size() > 16'384) return Err(unauthenticated("the refresh token is too long"));
        return Principal{.kind = Principal::Kind::tenant, .refresh_token = Secret(std::string(token))};
    }
    return Err(unauthenticated("invalid API key"));
}

Result<void> Authenticator::admit(const Principal& principal) {
    const std::lock_guard lock(mutex_);
    const auto now = clock_.steady();
    Managed* managed = nullptr;
    if (principal.kind == Principal::Kind::managed) {
        const auto it = by_id_.find(principal.key_id);
        if (it == by_id_.end()) return Err(unauthenticated("invalid API key"));
        managed = it->second.get();
        if (managed->record.credit_limit && managed->credits_used >= *managed->record.credit_limit) {
            return Err(Error{.kind = ErrorKind::key_quota_exhausted,
                             .message = "the credit limit of this API key is used up"});
        }
        if (managed->bucket) {
            if (const auto wait = managed->bucket->try_take(now)) {
                return Err(Error{.kind = ErrorKind::rate_limited,
                                 .message = "the request rate of this API key is exceeded",
                                 .retry_after = *wait});
            }
        }
    }
    if (global_bucket_) {
        if (const auto wait = global_bucket_->try_take(now)) {
            if (managed && managed->bucket) managed->bucket->give_back();
            return Err(Error{.kind = ErrorKind::rate_limited,
                             .message = "the gateway's request rate is exceeded",
                             .retry_after = *wait});
        }
    }
    return {};
}

void Authenticator::settle(const Principal& principal, double credits) {
    if (principal.kind != Principal::Kind::managed || credits <= 0) return;
    const std::lock_guard lock(mutex_);
    if (const auto it = by_id_.find(principal.key_id); it != by_id_.end())
        it->second->credits_used += credits;
}

}  // namespace kg::access
