#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/access/authenticator.hpp"
#include "core/access/trusted_proxies.hpp"
#include "core/account/login_checks.hpp"
#include "core/account/model_catalog.hpp"
#include "core/account/pool.hpp"
#include "core/account/token_keeper.hpp"
#include "core/base/clock.hpp"
#include "core/base/random.hpp"
#include "core/config/load.hpp"
#include "core/gateway/meter.hpp"
#include "core/gateway/request_tail.hpp"
#include "core/gateway/stats.hpp"
#include "core/loop/worker.hpp"
#include "core/store/async_store.hpp"
#include "core/store/store.hpp"
#include "daemon/admin/guard.hpp"
#include "daemon/http/server.hpp"

namespace kg::admin {

/// The few questions the settings routes ask of the daemon. Any thread.
class Configuration {
  public:
    using Stored = std::vector<std::pair<std::string, std::string>>;

    virtual ~Configuration() = default;
    virtual std::shared_ptr<const config::Loaded> current() const = 0;
    /// What would be in force with these stored settings below file, environment and flags; reads them
    /// anew. Blocks on the disk.
    virtual Result<config::Loaded> load(const Stored& stored) const = 0;
    /// Puts it in force soon, on the control loop.
    virtual void apply(config::Loaded loaded) = 0;
};

/// What the daemon lends to the admin API; everything is for any thread by its own header.
struct Parts {
    store::Stores& stores;
    store::AsyncStore& async;
    account::Pool& pool;
    account::TokenKeeper& keeper;
    account::LoginChecks& checks;
    account::ModelCatalog& catalog;
    access::Authenticator& access;
    const access::TrustedProxies& proxies;
    gateway::Stats& stats;
    gateway::Meters& meters;
    gateway::RequestTail& tail;
    const httpd::ServerGauges& gauges;
    const std::atomic<bool>& draining;
    Configuration& configuration;
    const Clock& clock;
    Random& random;
    std::function<void()> changed;  // accounts or keys were edited: the daemon looks at once
};

enum class Metrics : std::uint8_t { admins, everybody, off };

/// The admin API of one process: what its handlers on all loops share. Blocking work has threads of
/// its own, so that neither a loop nor the writer of usage records ever waits for it: scrypt inside the
/// Guard, verbs of the stores here in the order they came (1,024 may wait), and batches over many
/// accounts, one at a time, four may wait.
class Office {
  public:
    Office(Parts parts, GuardOptions options, Metrics metrics = Metrics::admins);
    ~Office();

    /// Sessions, tokens and the password; blocks, before the loops run. A configured password that
    /// is another than at the last start ends every session.
    Result<void> load(const Secret& configured_password);
    /// Again after a reload of the configuration.
    Result<void> load_password(const Secret& configured_password);

    /// False: the queue is full.
    bool work(UniqueFunction<void(store::Stores&)> job) { return post(worker_, std::move(job)); }
    bool batch(UniqueFunction<void(store::Stores&)> job) { return post(batches_, std::move(job)); }

    Parts& parts() { return parts_; }
    Guard& guard() { return guard_; }
    WallTime started() const { return started_; }
    Metrics metrics() const { return metrics_; }

    static constexpr std::string_view kPasswordHash = "auth.admin_password_scrypt";

  private:
    bool post(loop::Worker& worker, UniqueFunction<void(store::Stores&)> job);

    Parts parts_;
    const WallTime started_;
    const Metrics metrics_;
    Guard guard_;
    loop::Worker worker_{1'024}, batches_{4};  // last: their destructors end what uses the rest
};

}  // namespace kg::admin
