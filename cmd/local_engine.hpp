#pragma once

#include <chrono>
#include <memory>

#include "cmd/context.hpp"
#include "core/loop/timer.hpp"
#include "daemon/engine.hpp"

namespace kg::cmd {

/// The daemon's engine on a loop of this command, over the local database: for `chat`, `models` and
/// `account refresh` without a daemon. Destroying flushes what was recorded.
class LocalEngine {
  public:
    static Result<std::unique_ptr<LocalEngine>> open(Context& context);
    ~LocalEngine();

    loop::Loop& loop() { return loop_; }
    daemon::Engine& engine() { return engine_; }
    gateway::ChatService& service() { return service_; }
    loop::Wakeup::Door door() const { return service_.door; }
    /// Runs the loop until stop(), or for at most `limit`; false when the limit came first.
    bool run_for(std::chrono::milliseconds limit);
    void stop() { loop_.stop(); }

  private:
    LocalEngine(Context& context, const config::Config& config, store::Stores& stores);
    loop::Loop loop_;
    daemon::Engine engine_;
    gateway::ChatService service_;
};

}  // namespace kg::cmd
