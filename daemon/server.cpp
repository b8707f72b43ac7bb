#include "daemon/server.hpp"

#include <csignal>
#include <thread>

#include "core/base/log.hpp"
#include "core/base/scope_exit.hpp"
#include "core/http/url.hpp"
#include "daemon/admin/settings.hpp"
#include "daemon/net/tcp_listener.hpp"
#include "daemon/notify.hpp"
#include "daemon/options.hpp"

namespace kg::daemon {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kWorkersMax = 256;
constexpr std::chrono::milliseconds kCutGrace = 500ms;  // for the in-band errors to reach their clients

std::size_t worker_count(const config::Server& server) {
    if (server.listen.starts_with("unix:")) return 1;
    const auto wanted = server.workers > 0 ? static_cast<std::size_t>(server.workers)
                                           : std::max(1u, std::thread::hardware_concurrency());
    return std::min(wanted, kWorkersMax);
}

bool on_loopback(const std::string& listen) {
    if (listen.starts_with("unix:")) return true;
    auto host = listen.substr(0, listen.rfind(':'));
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    return http::is_loopback_host(host);
}

}  // namespace

Result<void> check_exposure(const config::Config& config, bool key_is_set) {
    if (on_loopback(config.server.listen) || key_is_set || config.server.allow_public_without_key) return {};
    return Err(Error{.kind = ErrorKind::config_invalid,
                     .message = "server.listen = \"" + config.server.listen +
                                "\" is reachable from other machines, and auth.proxy_key is not set; set "
                                "auth.proxy_key or auth.proxy_key_file, or listen on 127.0.0.1"});
}

Server::Server(ServerInput input, const Clock& clock, Random& random)
    : input_(std::move(input)), clock_(clock), random_(random), wakeup_(loop_), dialects_(input_.sealer) {}

Server::~Server() {
    workers_.clear();  // joins: nobody uses the engine any more
    office_.reset();
    if (engine_) engine_->store().flush();
}

Result<void> Server::run() {
    std::signal(SIGPIPE, SIG_IGN);
    KG_CHECK(check_exposure(input_.config, !input_.config.auth.proxy_key.empty()));
    site_ = std::make_unique<web::Site>();
    if (!input_.web_root.empty()) {
        KG_TRY(live, web::Site::open(input_.web_root));
        site_ = std::move(live);
    }
    KG_CHECK(read_settings());
    KG_TRY(secrets, ensure_secrets(input_.stores, input_.config.auth, random_));
    engine_ = std::make_unique<Engine>(loop_, input_.config, input_.stores, clock_, random_);
    KG_CHECK(engine_->load());
    engine_->access().set_proxy_key(secrets.proxy_key_hash);
    const auto limited = rates(input_.config);
    engine_->access().set_rates(limited.gateway, limited.address);

    KG_CHECK(open_office());
    KG_TRY(port, start_workers());

    loop::Signal term(loop_, SIGTERM, [this] { on_stop_signal(); });
    loop::Signal interrupt(loop_, SIGINT, [this] { on_stop_signal(); });
    loop::Signal hangup(loop_, SIGHUP, [this] { on_reload(); });
    engine_->start();
    log::info("server", "listening",
              {{"address", input_.config.server.listen}, {"port", port}, {"workers", workers_.size()}});
    if (input_.ready) input_.ready(port, secrets);
    notify(input_.notify_socket, "READY=1");
    loop_.run();
    notify(input_.notify_socket, "STOPPING=1");
    workers_.clear();
    office_.reset();  // its threads use the engine
    engine_->store().flush();
    drain_timer_.reset();
    log::info("server", "stopped");
    return {};
}

Result<void> Server::open_office() {
    const auto& config = input_.config;
    office_ = std::make_unique<admin::Office>(admin::Parts{.stores = input_.stores,
                                                           .async = engine_->store(),
                                                           .pool = engine_->pool(),
                                                           .keeper = engine_->keeper(),
                                                           .checks = engine_->login_checks(),
                                                           .catalog = engine_->catalog(),
                                                           .access = engine_->access(),
                                                           .proxies = engine_->proxies(),
                                                           .stats = engine_->stats(),
                                                           .meters = engine_->meters(),
                                                           .tail = engine_->tail(),
                                                           .gauges = gauges_,
                                                           .draining = draining_,
                                                           .configuration = *this,
                                                           .clock = clock_,
                                                           .random = random_,
                                                           .changed = [this] { engine_->look(); }},
                                              guard_options(config),
                                              config.server.metrics == "public" ? admin::Metrics::everybody
                                              : config.server.metrics == "off"  ? admin::Metrics::off
                                                                                : admin::Metrics::admins);
    KG_TRY(operator_token, ensure_operator_token(input_.stores, random_));
    engine_->access().set_operator_key(sha256(operator_token.reveal()));
    office_->guard().set_operator(sha256(operator_token.reveal()));
    return office_->load(config.auth.admin_password);
}

/// The port of the first.
Result<int> Server::start_workers() {
    const auto& server = input_.config.server;
    WorkerOptions options;
    options.serves = server.admin_listen.empty() ? Serves::api_and_admin : Serves::api;
    options.listen = server.listen;
    options.server = {.limits = limits(input_.config), .cors_origins = server.cors_origins};
    const auto count = worker_count(server);
    options.share_port = count > 1;
    if (options.share_port) KG_CHECK(net::TcpListener::check_unused(options.listen));
    const auto start = [this](const WorkerOptions& with) {
        workers_.push_back(std::make_unique<Worker>(*engine_, *office_, *site_, dialects_, random_, gauges_,
                                                    draining_, with));
        return workers_.back()->start();
    };
    int port = 0;
    for (std::size_t i = 0; i < count; ++i) {
        KG_TRY(listening, start(options));
        if (i > 0) continue;
        port = listening;
        if (options.listen.ends_with(":0"))
            options.listen = options.listen.substr(0, options.listen.size() - 1) + std::to_string(port);
    }
    if (server.admin_listen.empty()) return port;
    options.serves = Serves::admin;
    options.listen = server.admin_listen;
    options.share_port = false;
    KG_TRY(admin_port, start(options));
    log::info("server", "the admin API listens", {{"address", options.listen}, {"port", admin_port}});
    return port;
}

Result<void> Server::read_settings() {
    auto loaded = std::make_shared<config::Loaded>();
    KG_TRY(stored, admin::stored_settings(input_.stores));
    if (!stored.empty() && input_.reload) {
        auto with = input_.reload(stored);
        if (with)
            config::take_settings(*with, input_.config, input_.origins);
        else
            log::error("server", "the runtime settings do not fit the configuration and are left out",
                       {{"error", with.error().message}});
    }
    loaded->config = input_.config;
    loaded->origins = input_.origins;
    const std::lock_guard lock(current_mutex_);
    current_ = std::move(loaded);
    return {};
}

std::shared_ptr<const config::Loaded> Server::current() const {
    const std::lock_guard lock(current_mutex_);
    return current_;
}

Result<config::Loaded> Server::load(const Stored& stored) const {
    if (input_.reload) return input_.reload(stored);
    return Err(
        Error{.kind = ErrorKind::config_invalid, .message = "this gateway cannot read its configuration"});
}

void Server::apply(config::Loaded loaded) {
    {
        // Whoever asks next is shown it, a moment before it is in force.
        auto shown = std::make_shared<const config::Loaded>(loaded);
        const std::lock_guard lock(current_mutex_);
        current_.swap(shown);
    }
    wakeup_.door().post([this, loaded = std::move(loaded)]() mutable { put_in_force(std::move(loaded)); });
}

void Server::on_stop_signal() {
    if (draining_.exchange(true)) {
        log::warn("server", "second signal: stopping at once");
        return loop_.stop();
    }
    log::info("server", "draining",
              {{"requests", engine_->stats().active.load()},
               {"timeout_ms", input_.config.server.drain_timeout.count()}});
    notify(input_.notify_socket, "STOPPING=1");
    engine_->tail().close();
    draining_workers_ = workers_.size();
    for (auto& worker : workers_) {
        worker->drain([this] { wakeup_.door().post([this] { all_idle(); }); });
    }
    drain_timer_ = std::make_unique<loop::Timer>(loop_, [this] {
        if (std::exchange(cut_, true)) return loop_.stop();
        log::warn("server", "drain timeout: ending what still runs",
                  {{"requests", engine_->stats().active.load()}});
        for (auto& worker : workers_) worker->cut();
        drain_timer_->start(kCutGrace);
    });
    drain_timer_->start(input_.config.server.drain_timeout);
}

void Server::all_idle() {
    if (draining_workers_ > 0 && --draining_workers_ == 0) loop_.stop();
}

void Server::on_reload() {
    if (!input_.reload) return;
    notify(input_.notify_socket, "RELOADING=1");
    const ScopeExit again([this] { notify(input_.notify_socket, "READY=1"); });
    auto stored = admin::stored_settings(input_.stores);
    auto loaded = stored ? input_.reload(*stored) : Result<config::Loaded>(Err(std::move(stored).error()));
    if (!loaded) {
        return log::error("server", "the new configuration has errors; the old one stays in force",
                          {{"error", loaded.error().message}});
    }
    put_in_force(std::move(*loaded));
    log::info("server", "configuration reloaded");
}

void Server::put_in_force(config::Loaded loaded) {
    const auto& config = loaded.config;
    log::Level level{};
    if (log::parse_level(config.log.level, level))
        log::configure(level, config.log.format == "json" ? log::Format::json : log::Format::text);
    engine_->settings().set(daemon::settings(config));
    engine_->compression().summaries.cache.set_options(summary_cache_options(config));
    engine_->pool().configure(pool_options(config));
    const auto limited = rates(config);
    engine_->access().set_rates(limited.gateway, limited.address);
    if (auto secrets = ensure_secrets(input_.stores, config.auth, random_))
        engine_->access().set_proxy_key(secrets->proxy_key_hash);
    else
        log::error("server", "the proxy key could not be read", {{"error", secrets.error().message}});
    office_->guard().set_options(guard_options(config));
    if (auto password = office_->load_password(config.auth.admin_password); !password)
        log::error("server", "the admin password could not be read", {{"error", password.error().message}});
    const auto& old = input_.config;
    if (config.server.listen != old.server.listen || config.server.workers != old.server.workers ||
        config.server.trusted_proxies != old.server.trusted_proxies ||
        config.server.admin_listen != old.server.admin_listen ||
        config.server.metrics != old.server.metrics || config.kiro.api_url != old.kiro.api_url ||
        config.kiro.endpoints != old.kiro.endpoints || config.hooks.url.reveal() != old.hooks.url.reveal() ||
        config.hooks.command != old.hooks.command ||
        config.limits.connections_max != old.limits.connections_max) {
        log::warn(
            "server",
            "changes of server.listen, server.admin_listen, server.metrics, server.workers, "
            "server.trusted_proxies, [kiro], [hooks] and [limits], save for the rates, take effect at the "
            "next start");
    }
    input_.config.server.drain_timeout = config.server.drain_timeout;
    auto shown = std::make_shared<const config::Loaded>(std::move(loaded));
    const std::lock_guard lock(current_mutex_);
    current_.swap(shown);
}

}  // namespace kg::daemon
