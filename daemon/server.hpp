#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/random.hpp"
#include "core/base/result.hpp"
#include "core/base/seal.hpp"
#include "core/config/config.hpp"
#include "core/loop/signal.hpp"
#include "core/store/store.hpp"
#include "daemon/api/dialects.hpp"
#include "daemon/engine.hpp"
#include "daemon/secrets.hpp"
#include "daemon/worker.hpp"

namespace kg::daemon {

struct ServerInput {
    config::Config config;
    store::Stores& stores;
    Sealer sealer;              // of the state that `stores` keeps
    std::string notify_socket;  // NOTIFY_SOCKET
    /// Reads the configuration again (SIGHUP); an error keeps the one in force.
    std::function<Result<config::Config>()> reload;
    /// Told once when every worker listens: port (0 for a Unix socket) and new secrets to print.
    std::function<void(int port, const FirstSecrets& secrets)> ready;
};

/// The daemon: composition root and lifecycle. run() blocks until a signal ends it.
/// SIGTERM, SIGINT: stop accepting, let answers end (server.drain_timeout), end the rest in-band; a
/// second one ends at once. SIGHUP: reload.
class Server {
  public:
    Server(ServerInput input, const Clock& clock, Random& random);
    ~Server();
    Result<void> run();

  private:
    void on_stop_signal();
    void all_idle();
    void on_reload();
    void apply(const config::Config& config);

    ServerInput input_;
    const Clock& clock_;
    Random& random_;
    loop::Loop loop_;
    loop::Wakeup wakeup_;
    const api::Dialects dialects_;
    httpd::ServerGauges gauges_;
    std::atomic<bool> draining_{false};
    std::unique_ptr<Engine> engine_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::size_t draining_workers_ = 0;
    bool cut_ = false;
    std::unique_ptr<loop::Timer> drain_timer_;
};

/// "refused: ..." when `listen` is reachable by others and no key would protect it.
Result<void> check_exposure(const config::Config& config, bool key_is_set);

}  // namespace kg::daemon
