#include "cmd/account_fields.hpp"
#include "cmd/commands.hpp"
#include "cmd/output.hpp"
#include "core/base/log.hpp"
#include "core/store/open.hpp"
#include "daemon/demo/demo.hpp"
#include "daemon/server.hpp"
#include "kirogate_version.hpp"

namespace kg::cmd {
namespace {

void configure_log(const config::Log& options) {
    log::Level level = log::Level::info;
    log::parse_level(options.level, level);
    log::configure(level, options.format == "json" ? log::Format::json : log::Format::text);
}

std::string base_url(const std::string& listen, int port) {
    if (listen.starts_with("unix:")) return listen;
    return "http://" + listen.substr(0, listen.rfind(':')) + ":" + std::to_string(port);
}

void greet(const std::string& listen, int port, const daemon::FirstSecrets& secrets, bool demo) {
    std::string text = std::string("kirogate ") + kVersion + " listens on " + base_url(listen, port) + "\n";
    if (secrets.proxy_key) text += "API key (shown once): " + secrets.proxy_key->reveal() + "\n";
    if (secrets.admin_password)
        text += "admin password (shown once): " + secrets.admin_password->reveal() + "\n";
    if (demo) text += "demo: answers come from a built-in fake, nothing is stored\n";
    print(text);
}

store::Account demo_account(const demo::SampleLogin& login, Context& context) {
    store::Account account;
    account.name = login.name;
    account.auth_method = "social";
    account.provider = login.provider;
    account.refresh_token = Secret(login.refresh_token);
    account.profile_arn = login.profile_arn;
    account.source = "demo";
    complete_new_account(account, context);
    return account;
}

}  // namespace

Result<ExitCode> run_serve(const ServeOptions& options, Context& context) {
    if (options.listen) context.override_key("server.listen", *options.listen);
    if (options.workers) context.override_key("server.workers", *options.workers);
    KG_TRY(loaded, context.config());
    configure_log(loaded->config.log);
    auto config = loaded->config;

    std::unique_ptr<store::Stores> memory;
    std::unique_ptr<demo::Demo> fake;
    store::Stores* stores = nullptr;
    auto sealer = Sealer::from_key(context.random().bytes(32));
    if (options.demo) {
        memory = store::open_memory();
        auto started = demo::Demo::start(context.random());
        if (!started) return Err(std::move(started).error());
        fake = std::move(*started);
        config.kiro.api_url = config.kiro.management_url = config.kiro.auth_url = config.kiro.oidc_url =
            fake->base_url();
        config.kiro.proxy.clear();
        for (const auto& login : fake->logins())
            KG_CHECK(memory->accounts().add(demo_account(login, context)));
        stores = memory.get();
    } else {
        KG_TRY(opened, context.stores());
        stores = opened;
        KG_TRY(own, context.sealer());
        sealer = std::move(own);
    }
    KG_CHECK(daemon::check_exposure(config, !config.auth.proxy_key.empty()));
    if (options.check) {
        print_line("ok: configuration and database are fine");
        return ExitCode::ok;
    }
    daemon::ServerInput input{.config = std::move(config),
                              .origins = loaded->origins,
                              .stores = *stores,
                              .sealer = std::move(sealer)};
    input.web_root = options.web_root.value_or("");
    input.notify_socket = context.environment()("NOTIFY_SOCKET").value_or("");
    input.reload = [&context](const std::vector<std::pair<std::string, std::string>>& stored) {
        auto sources = context.load_input();
        sources.stored = stored;
        return config::load(sources);
    };
    input.ready = [listen = input.config.server.listen, demo = options.demo](
                      int port, const daemon::FirstSecrets& secrets) { greet(listen, port, secrets, demo); };
    daemon::Server server(std::move(input), context.clock(), context.random());
    KG_CHECK(server.run());
    return ExitCode::ok;
}

}  // namespace kg::cmd
