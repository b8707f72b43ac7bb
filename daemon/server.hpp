#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/random.hpp"
#include "core/base/result.hpp"
#include "core/base/seal.hpp"
#include "core/config/config.hpp"
#include "core/config/load.hpp"
#include "core/loop/signal.hpp"
#include "core/store/store.hpp"
#include "daemon/admin/office.hpp"
#include "daemon/api/dialects.hpp"
#include "daemon/engine.hpp"
#include "daemon/secrets.hpp"
#include "daemon/web/site.hpp"
#include "daemon/worker.hpp"

namespace kg::daemon {

struct ServerInput {
    config::Config config;
    config::Origins origins;  // of its values
    store::Stores& stores;
    Sealer sealer;              // of the state that `stores` keeps
    std::string notify_socket;  // NOTIFY_SOCKET
    std::string web_root;       // directory whose files the pages are made of; "" = the embedded ones
    /// Reads the configuration again, with these runtime settings below it; an error keeps the one in
    /// force. Any thread.
    std::function<Result<config::Loaded>(const admin::Configuration::Stored&)> reload;
    /// Told once when every worker listens: port (0 for a Unix socket) and new secrets to print.
    std::function<void(int port, const FirstSecrets& secrets)> ready;
};

/// The daemon: composition root and lifecycle. run() blocks until a signal ends it.
/// SIGTERM, SIGINT: stop accepting, let answers end (server.drain_timeout), end the rest in-band; a
/// second one ends at once. SIGHUP: reload.
/// Runtime settings are read from the store at the start and at every reload, and changed through the
/// admin API.
class Server final : private admin::Configuration {
  public:
    Server(ServerInput input, const Clock& clock, Random& random);
    ~Server() override;
    Result<void> run();

  private:
    // admin::Configuration
    std::shared_ptr<const config::Loaded> current() const override;
    Result<config::Loaded> load(const Stored& stored) const override;
    void apply(config::Loaded loaded) override;

    Result<void> read_settings();
    Result<void> open_office();
    Result<int> start_workers();
    void on_stop_signal();
    void all_idle();
    void on_reload();
    void put_in_force(config::Loaded loaded);

    ServerInput input_;
    const Clock& clock_;
    Random& random_;
    loop::Loop loop_;
    loop::Wakeup wakeup_;
    const api::Dialects dialects_;
    httpd::ServerGauges gauges_;
    std::atomic<bool> draining_{false};
    mutable std::mutex current_mutex_;
    std::shared_ptr<const config::Loaded> current_;
    std::unique_ptr<Engine> engine_;
    std::unique_ptr<admin::Office> office_;
    std::unique_ptr<web::Site> site_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::size_t draining_workers_ = 0;
    bool cut_ = false;
    std::unique_ptr<loop::Timer> drain_timer_;
};

/// "refused: ..." when `listen` is reachable by others and no key would protect it.
Result<void> check_exposure(const config::Config& config, bool key_is_set);

}  // namespace kg::daemon
