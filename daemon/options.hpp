#pragma once

#include "core/access/address_limiter.hpp"
#include "core/access/trusted_proxies.hpp"
#include "core/account/pool.hpp"
#include "core/compress/summary_cache.hpp"
#include "core/config/config.hpp"
#include "core/fetch/curl_fetcher.hpp"
#include "core/gateway/settings.hpp"
#include "core/hooks/messenger.hpp"
#include "core/kiro/endpoints.hpp"
#include "daemon/admin/guard.hpp"
#include "daemon/http/limits.hpp"

namespace kg::daemon {

// The only translation from the configuration's sections to each room's own options.
kiro::UpstreamOptions upstream_options(const config::Config& config);
fetch::CurlFetcherOptions fetch_options(const config::Config& config);
gateway::Settings settings(const config::Config& config);
httpd::Limits limits(const config::Config& config);
struct Rates {
    Rate gateway, address;
};
Rates rates(const config::Config& config);
access::TrustedProxies trusted_proxies(const config::Config& config);
compress::CacheOptions summary_cache_options(const config::Config& config);
admin::GuardOptions guard_options(const config::Config& config);
hooks::MessengerOptions hook_options(const config::Config& config);
account::PoolOptions pool_options(const config::Config& config);

}  // namespace kg::daemon
