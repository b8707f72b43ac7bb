#include "core/account/tenant_cache.hpp"

#include "core/base/base64.hpp"
#include "core/base/digest.hpp"

namespace kg::account {
namespace {

using namespace std::chrono_literals;
constexpr std::chrono::milliseconds kUsableMargin = 60s;
constexpr std::size_t kWaitersPerTenantMax = 256;

Error refused() {
    return {.kind = ErrorKind::unauthenticated,
            .message = "the refresh token in the key was refused by the provider"};
}

}  // namespace

struct TenantCache::Entry {
    std::list<std::string>::iterator place;
    Secret refresh_token;  // rotates; the client keeps sending the first one
    kiro::Caller caller;
    std::uint64_t generation = 0;
    WallTime expires{};
    SteadyTime used{};
    SteadyTime refused_until{};
    std::unique_ptr<kiro::Refresh> refresh;
    struct Waiter {
        loop::Wakeup::Door door;
        TokenKeeper::Reply reply;
    };
    std::vector<Waiter> waiters;
};

TenantCache::TenantCache(loop::Loop& loop, fetch::Fetcher& fetcher, const Clock& clock, Random& random,
                         const kiro::UpstreamOptions& upstream, TenantCacheOptions options)
    : loop_(loop),
      fetcher_(fetcher),
      clock_(clock),
      upstream_(upstream),
      options_(options),
      hmac_key_(random.bytes(32)),
      wakeup_(loop),
      reap_(loop, [this] { finished_.clear(); }) {
    wakeup_.set_keeps_alive(false);
}

TenantCache::~TenantCache() {
    *alive_ = false;
}

std::string TenantCache::tenant_id(const Secret& refresh_token) const {
    const auto mac = hmac_sha256(hmac_key_.reveal(), refresh_token.reveal());
    return "tenant_" + hex_encode({reinterpret_cast<const char*>(mac.data()), mac.size()});
}

void TenantCache::ensure(Secret refresh_token, std::uint64_t seen, loop::Wakeup::Door door,
                         TokenKeeper::Reply reply) {
    wakeup_.door().post([this, alive = alive_, token = std::move(refresh_token), seen, door = std::move(door),
                         reply = std::move(reply)]() mutable {
        if (*alive) ensure_here(std::move(token), seen, std::move(door), std::move(reply));
    });
}

bool TenantCache::admit() {
    if (clock_.steady() >= minute_began_ + 60s) {
        minute_began_ = clock_.steady();
        begun_this_minute_ = 0;
    }
    return begun_this_minute_++ < options_.new_per_minute;
}

/// The first that is not being refreshed.
bool TenantCache::evict_first(std::list<std::string>& order) {
    const auto idle = std::ranges::find_if(order, [&](const auto& id) { return !entries_.at(id)->refresh; });
    if (idle == order.end()) return false;
    entries_.erase(*idle);
    order.erase(idle);
    return true;
}

/// What time has taken the worth of.
void TenantCache::evict(SteadyTime now) {
    while (!refused_.empty() && now >= entries_.at(refused_.front())->refused_until) {
        entries_.erase(refused_.front());
        refused_.pop_front();
    }
    while (!order_.empty() && !entries_.at(order_.front())->refresh &&
           now > entries_.at(order_.front())->used + options_.idle_ttl) {
        entries_.erase(order_.front());
        order_.pop_front();
    }
}

void TenantCache::make_room() {
    while (entries_.size() >= options_.entries_max && (evict_first(refused_) || evict_first(order_))) {
    }
}

void TenantCache::ensure_here(Secret token, std::uint64_t seen, loop::Wakeup::Door door,
                              TokenKeeper::Reply reply) {
    const auto answer = [&](Result<FreshToken> result) {
        door.post(
            [reply = std::move(reply), result = std::move(result)]() mutable { reply(std::move(result)); });
    };
    const auto id = tenant_id(token);
    const auto now = clock_.steady();
    evict(now);
    auto it = entries_.find(id);
    if (it == entries_.end()) {
        if (!admit()) {
            return answer(Err(Error{.kind = ErrorKind::rate_limited,
                                    .message = "too many new logins; try again in a minute",
                                    .retry_after = 60s}));
        }
        make_room();
        auto entry = std::make_unique<Entry>();
        entry->refresh_token = std::move(token);
        entry->caller.auth_method = kiro::AuthMethod::social;
        entry->caller.machine_id = sha256_hex("kirogate-tenant/" + id);
        entry->caller.profile_arn = kiro::default_profile_arn(kiro::AuthMethod::social, "Google");
        entry->place = order_.insert(order_.end(), id);
        it = entries_.emplace(id, std::move(entry)).first;
    }
    Entry& entry = *it->second;
    entry.used = now;
    if (now < entry.refused_until) return answer(Err(refused()));
    order_.splice(order_.end(), order_, entry.place);
    const bool valid = !entry.caller.access_token.empty() && entry.expires > clock_.wall() + kUsableMargin;
    if (valid && (seen == TokenKeeper::kAny || entry.generation > seen))
        return answer(FreshToken{entry.caller, entry.generation});
    if (entry.waiters.size() >= kWaitersPerTenantMax) {
        return answer(
            Err(Error{.kind = ErrorKind::overloaded, .message = "too many requests wait for this login"}));
    }
    entry.waiters.push_back({std::move(door), std::move(reply)});
    if (entry.refresh) return;
    kiro::RefreshInput input;
    input.refresh_token = entry.refresh_token;
    input.machine_id = entry.caller.machine_id;
    input.proxy = upstream_.proxy;
    entry.refresh = std::make_unique<kiro::Refresh>(
        fetcher_, upstream_, std::move(input),
        [this, id](Result<kiro::RefreshedTokens, kiro::RefreshFailure> result) {
            refreshed(id, std::move(result));
        });
}

void TenantCache::refreshed(const std::string& id,
                            Result<kiro::RefreshedTokens, kiro::RefreshFailure> result) {
    const auto it = entries_.find(id);
    if (it == entries_.end()) return;
    Entry& entry = *it->second;
    finished_.push_back(std::move(entry.refresh));
    reap_.schedule();
    Result<FreshToken> reply = Err(refused());
    if (result) {
        entry.caller.access_token = std::move(result->access_token);
        if (!result->refresh_token.empty()) entry.refresh_token = std::move(result->refresh_token);
        if (!result->profile_arn.empty()) entry.caller.profile_arn = result->profile_arn;
        entry.expires = clock_.wall() + result->expires_in;
        ++entry.generation;
        reply = FreshToken{entry.caller, entry.generation};
    } else if (result.error().login_lost) {
        entry.refused_until = clock_.steady() + options_.refused_ttl;
        refused_.splice(refused_.end(), order_, entry.place);
    } else {
        reply = Err(Error{.kind = ErrorKind::upstream_failed,
                          .message = "the login could not be refreshed",
                          .detail = result.error().reason,
                          .retry_after = 5s});
    }
    auto waiters = std::move(entry.waiters);
    entry.waiters.clear();
    for (auto& waiter : waiters) {
        waiter.door.post(
            [r = std::move(waiter.reply), copy = reply.clone()]() mutable { r(std::move(copy)); });
    }
}

}  // namespace kg::account
