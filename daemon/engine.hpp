#pragma once

#include <atomic>
#include <memory>

#include "core/access/authenticator.hpp"
#include "core/access/trusted_proxies.hpp"
#include "core/account/login_checks.hpp"
#include "core/account/model_catalog.hpp"
#include "core/account/pool.hpp"
#include "core/account/tenant_cache.hpp"
#include "core/account/token_keeper.hpp"
#include "core/account/usage_watch.hpp"
#include "core/base/clock.hpp"
#include "core/base/random.hpp"
#include "core/config/config.hpp"
#include "core/fetch/curl_fetcher.hpp"
#include "core/gateway/chat_service.hpp"
#include "core/gateway/compression.hpp"
#include "core/gateway/meter.hpp"
#include "core/gateway/request_tail.hpp"
#include "core/gateway/settings.hpp"
#include "core/gateway/stats.hpp"
#include "core/hooks/messenger.hpp"
#include "core/loop/timer.hpp"
#include "core/store/async_store.hpp"

namespace kg::daemon {

/// Everything of one process that its loops share, and what runs on the control loop: token
/// refresh, model lists, tenant logins, and the watch on the store through which accounts and keys
/// added by the CLI arrive (polled four times a second). Lifecycle: construct on the control loop,
/// load() once, start(), run the loop; destroy on it after every other loop is gone.
class Engine {
  public:
    Engine(loop::Loop& loop, const config::Config& config, store::Stores& stores, const Clock& clock,
           Random& random);
    ~Engine();

    /// Reads accounts and keys (blocking; before the loop runs).
    Result<void> load();
    void start();

    /// The bundle for the jobs of a loop: this one's, or a worker's with its own fetcher and door.
    gateway::ChatService service(loop::Loop& loop, fetch::Fetcher& fetcher, loop::Wakeup::Door door);
    gateway::ChatService control_service() { return service(loop_, fetcher_, wakeup_.door()); }

    access::Authenticator& access() { return access_; }
    const access::TrustedProxies& proxies() const { return proxies_; }
    account::Pool& pool() { return pool_; }
    account::ModelCatalog& catalog() { return catalog_; }
    account::TokenKeeper& keeper() { return keeper_; }
    account::LoginChecks& login_checks() { return login_checks_; }
    store::AsyncStore& store() { return async_; }
    gateway::SettingsHolder& settings() { return settings_; }
    gateway::Stats& stats() { return stats_; }
    gateway::Compression& compression() { return compression_; }
    gateway::Meters& meters() { return meters_; }
    gateway::RequestTail& tail() { return tail_; }
    /// Any thread: accounts or keys were changed here, so look at once.
    void look();
    const kiro::UpstreamOptions& upstream() const { return upstream_; }
    const fetch::CurlFetcherOptions& fetch_options() const { return fetch_options_; }

  private:
    void watch();
    void learn_use();
    void tell(const account::StateChange& change);
    void look_at_pool();
    void look_at_keys();
    void save_health();
    void prune();
    void save_calibration();

    loop::Loop& loop_;
    store::Stores& stores_;
    const Clock& clock_;
    Random& random_;
    const kiro::UpstreamOptions upstream_;
    const fetch::CurlFetcherOptions fetch_options_;
    const std::chrono::milliseconds models_ttl_, usage_ttl_;
    const std::size_t request_rows_max_, audit_rows_max_;
    const std::chrono::milliseconds usage_kept_for_;
    store::AsyncStore async_;
    gateway::SettingsHolder settings_;
    gateway::Stats stats_;
    gateway::Meters meters_;
    gateway::RequestTail tail_;
    chat::TokenCalibration calibration_;
    chat::CreditRates credit_rates_;
    std::string saved_calibration_;
    gateway::Compression compression_;
    gateway::CutCalls cut_calls_;
    access::Authenticator access_;
    const access::TrustedProxies proxies_;
    account::Pool pool_;
    fetch::CurlFetcher fetcher_;
    loop::Wakeup wakeup_;
    account::TokenKeeper keeper_;
    account::TenantCache tenants_;
    account::ModelCatalog catalog_;
    account::UsageWatch usage_watch_;
    account::LoginChecks login_checks_;
    hooks::Messenger hooks_;
    std::atomic<bool> tells_{false};  // begun: changes are news from here on
    const std::int64_t key_percent_;
    bool pool_was_up_ = false;
    loop::Timer watch_timer_, health_timer_, prune_timer_, records_timer_, use_timer_;
    std::uint64_t version_ = 0, keys_version_ = 0;
    bool watching_ = false, learning_use_ = false;  // such a job is in the store's queue
    bool look_again_ = false;                       // something changed while it was
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace kg::daemon
