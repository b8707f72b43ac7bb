#pragma once

#include <list>
#include <memory>
#include <string>
#include <unordered_map>

#include "core/account/token_keeper.hpp"

namespace kg::account {

struct TenantCacheOptions {
    std::size_t entries_max = 1'000;
    std::chrono::milliseconds idle_ttl{86'400'000};
    std::chrono::milliseconds refused_ttl{600'000};  // a refused token is not tried again before
    unsigned new_per_minute = 60;                    // logins begun, over all tenants
};

/// Logins of "proxy key:refresh token" clients. They never join the pool, never touch the disk and
/// are never listed (seed B1-B3): a bounded cache keyed by an HMAC of the whole token under a key
/// that lives as long as the process. Refused tokens are remembered too, but give way first: a login that
/// works is worth more, as nobody else may know the token that it has rotated to. Works on the control loop;
/// ensure() is for any thread.
class TenantCache {
  public:
    TenantCache(loop::Loop& loop, fetch::Fetcher& fetcher, const Clock& clock, Random& random,
                const kiro::UpstreamOptions& upstream, TenantCacheOptions options = {});
    ~TenantCache();

    /// As TokenKeeper::ensure; the id is made from the token by tenant_id().
    void ensure(Secret refresh_token, std::uint64_t seen_generation, loop::Wakeup::Door door,
                TokenKeeper::Reply reply);
    std::string tenant_id(const Secret& refresh_token) const;

  private:
    struct Entry;
    void ensure_here(Secret token, std::uint64_t seen, loop::Wakeup::Door door, TokenKeeper::Reply reply);
    void refreshed(const std::string& id, Result<kiro::RefreshedTokens, kiro::RefreshFailure> result);
    bool admit();
    void evict(SteadyTime now);
    void make_room();
    bool evict_first(std::list<std::string>& order);

    loop::Loop& loop_;
    fetch::Fetcher& fetcher_;
    const Clock& clock_;
    const kiro::UpstreamOptions& upstream_;
    const TenantCacheOptions options_;
    const Secret hmac_key_;
    loop::Wakeup wakeup_;
    loop::Deferred reap_;
    std::list<std::string> order_;    // least recently used first
    std::list<std::string> refused_;  // those whose last refresh was refused, earliest first
    std::unordered_map<std::string, std::unique_ptr<Entry>> entries_;
    std::vector<std::unique_ptr<kiro::Refresh>> finished_;
    SteadyTime minute_began_{};
    unsigned begun_this_minute_ = 0;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace kg::account
