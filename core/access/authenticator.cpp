#include "core/access/authenticator.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/base/ascii.hpp"

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

std::size_t Authenticator::HashOfSha::operator()(const Sha256& h) const {
    std::size_t out;
    std::memcpy(&out, h.data(), sizeof out);
    return out;
}

void Authenticator::set_proxy_key(std::optional<Sha256> hash) {
    const std::lock_guard lock(mutex_);
    proxy_hash_ = hash;
}

void Authenticator::set_rates(Rate gateway, Rate address) {
    const std::lock_guard lock(mutex_);
    addresses_.set_rate(address);
    if (gateway == gateway_rate_) return;
    gateway_rate_ = gateway;
    for (auto& bucket : gateway_) bucket = make_bucket(gateway, clock_.steady());
}

void Authenticator::load(const std::vector<KeyState>& keys) {
    std::vector<ManagedKey> fresh;
    fresh.reserve(keys.size());
    for (const auto& key : keys) fresh.push_back(ManagedKey::make(key, clock_.wall(), clock_.steady()));

    const std::lock_guard lock(mutex_);
    auto old = std::move(by_id_);
    by_id_.clear();
    by_hash_.clear();
    for (auto& key : fresh) {
        const auto record = key.record;
        KeyRef ref;
        if (const auto it = old.find(record->id); it != old.end()) {
            ref = std::move(it->second);
            ref->adopt(std::move(key));
        } else {
            ref = std::make_shared<ManagedKey>(std::move(key));
        }
        by_hash_.emplace(record->key_hash, ref);
        if (record->old_key_until_ms > 0) by_hash_.emplace(record->old_key_hash, ref);
        by_id_.emplace(record->id, std::move(ref));
    }
}

void Authenticator::learn_use(const std::vector<KeyState>& keys) {
    std::vector<ManagedKey> fresh;
    fresh.reserve(keys.size());
    for (const auto& key : keys) fresh.push_back(ManagedKey::make(key, clock_.wall(), clock_.steady()));
    const std::lock_guard lock(mutex_);
    for (const auto& key : fresh) {
        if (const auto it = by_id_.find(key.record->id); it != by_id_.end()) it->second->learn_use(key);
    }
}

void Authenticator::set_operator_key(std::optional<Sha256> hash) {
    const std::lock_guard lock(mutex_);
    operator_hash_ = hash;
}

bool Authenticator::is_operator(const http::Headers& headers) const {
    const auto shown = bearer(headers.get("authorization"));
    if (shown.empty()) return false;
    const auto whole = sha256(shown);
    const std::lock_guard lock(mutex_);
    return operator_hash_ && equal(whole, *operator_hash_);
}

bool Authenticator::has_budgets() const {
    const std::lock_guard lock(mutex_);
    return std::ranges::any_of(by_id_, [](const auto& entry) { return entry.second->budget.limited(); });
}

bool Authenticator::has_any_key() const {
    const std::lock_guard lock(mutex_);
    return proxy_hash_.has_value() || !by_id_.empty();
}

Result<Principal> Authenticator::authenticate(const http::Headers& headers, const IpAddress& client) const {
    const std::array candidates{ascii::trim(headers.get("x-api-key")), bearer(headers.get("authorization")),
                                ascii::trim(headers.get("api-key"))};
    std::optional<Error> first;
    for (const auto candidate : candidates) {
        if (candidate.empty()) continue;
        auto principal = authenticate(candidate, client);
        if (principal) return principal;
        if (!first) first = std::move(principal).error();
    }
    if (first) return Err(std::move(*first));
    return Err(unauthenticated("no API key: send it as `Authorization: Bearer KEY` or `x-api-key: KEY`"));
}

Result<Principal> Authenticator::authenticate(std::string_view key, const IpAddress& client) const {
    const auto whole = sha256(key);
    const std::lock_guard lock(mutex_);
    if (proxy_hash_ && equal(whole, *proxy_hash_)) return Principal{};
    if (const auto it = by_hash_.find(whole); it != by_hash_.end() && equal(it->first, whole)) {
        const auto& managed = *it->second;
        const auto& record = *managed.record;
        const auto now = to_ms(clock_.wall());
        if (!record.enabled) return Err(unauthenticated("this API key is disabled"));
        if (record.expires_at_ms && now >= *record.expires_at_ms)
            return Err(unauthenticated("this API key has expired"));
        if (!equal(whole, record.key_hash) && now >= record.old_key_until_ms)
            return Err(unauthenticated("this API key was replaced by a new one"));
        if (!managed.networks.empty() &&
            std::ranges::none_of(managed.networks, [&](const auto& n) { return n.contains(client); })) {
            return Err(Error{.kind = ErrorKind::forbidden,
                             .message = "this API key may not be used from this address"});
        }
        return Principal{.kind = Principal::Kind::managed, .refresh_token = {}, .key = managed.record};
    }
    // "proxy key:refresh token": split at the first colon, real tokens contain colons themselves.
    const auto colon = key.find(':');
    if (proxy_hash_ && colon != key.npos && equal(sha256(key.substr(0, colon)), *proxy_hash_)) {
        const auto token = key.substr(colon + 1);
        if (token.empty()) return Err(unauthenticated("the refresh token after the colon is missing"));
        if (token.size() > 16'384) return Err(unauthenticated("the refresh token is too long"));
        return Principal{
            .kind = Principal::Kind::tenant, .refresh_token = Secret(std::string(token)), .key = nullptr};
    }
    return Err(unauthenticated("invalid API key"));
}

Authenticator::KeyRef Authenticator::find(const Principal& principal) const {
    if (!principal.key) return nullptr;
    const auto it = by_id_.find(principal.key->id);
    return it == by_id_.end() ? nullptr : it->second;
}

}  // namespace kg::access
