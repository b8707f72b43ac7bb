#include "cmd/local_engine.hpp"

namespace kg::cmd {

LocalEngine::LocalEngine(Context& context, const config::Config& config, store::Stores& stores)
    : engine_(loop_, config, stores, context.clock(), context.random()),
      service_(engine_.control_service()) {}

LocalEngine::~LocalEngine() {
    engine_.store().flush();
}

Result<std::unique_ptr<LocalEngine>> LocalEngine::open(Context& context) {
    KG_TRY(stores, context.stores());
    KG_TRY(loaded, context.config_in_force());
    std::unique_ptr<LocalEngine> local(new LocalEngine(context, loaded.config, *stores));
    KG_CHECK(local->engine_.load());
    return local;
}

bool LocalEngine::run_for(std::chrono::milliseconds limit) {
    bool in_time = true;
    loop::Timer timer(loop_, [&] {
        in_time = false;
        loop_.stop();
    });
    timer.start(limit);
    loop_.run();
    return in_time;
}

}  // namespace kg::cmd
