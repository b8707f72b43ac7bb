// The command tree: parses the command line into an options struct and runs one command.
#include <csignal>
#include <functional>

#include <CLI/CLI.hpp>

#include "cmd/app_tree.hpp"
#include "cmd/commands.hpp"
#include "cmd/output.hpp"
#include "cmd/usage.hpp"
#include "core/base/log.hpp"
#include "kirogate_version.hpp"

namespace kg::cmd {
namespace {

constexpr const char* kFooter =
    "Exit status: 0 ok, 1 failure, 2 usage or configuration, 3 some failed, 4 authentication,\n"
    "5 quota or rate limit, 6 upstream, 130 interrupted. See kirogate(1).";

void add_serve(CLI::App& app, Tree& tree) {
    auto* serve = app.add_subcommand("serve", "Run the gateway")->group("Daemon");
    auto& o = tree.serve;
    serve->add_flag("--demo", o.demo,
                    "Serve a built-in fake upstream with sample accounts; nothing is stored");
    serve->add_option("--listen", o.listen, "Address: HOST:PORT or unix:/PATH (default 127.0.0.1:8000)")
        ->type_name("ADDRESS");
    serve->add_option("--workers", o.workers, "Threads (default: one per core)")->type_name("N");
    serve
        ->add_option("--web-root", o.web_root,
                     "Directory to read the pages from, instead of the built-in ones")
        ->type_name("DIR");
    serve->add_flag("--check", o.check, "Check configuration and database, then exit");
    serve->footer("Example:\n  kirogate serve --demo --listen 127.0.0.1:8000");
    tree.on(serve, [&o](Context& c) { return run_serve(o, c); });
}

void add_chat(CLI::App& app, Tree& tree) {
    auto* chat =
        app.add_subcommand("chat", "Ask a model; the answer goes to stdout as it arrives")->group("Models");
    auto& o = tree.chat;
    chat->add_option("-m,--model", o.model, "Model name")->type_name("MODEL")->capture_default_str();
    chat->add_option("-s,--system", o.system, "System prompt")->type_name("TEXT");
    chat->add_option("-f,--file", o.files, "Append a file to the prompt (repeatable; - is stdin)")
        ->type_name("FILE")
        ->allow_extra_args(false);
    chat->add_option("--image", o.images, "Attach a PNG, JPEG, GIF or WebP picture (repeatable)")
        ->type_name("FILE")
        ->allow_extra_args(false);
    chat->add_option("--thinking", o.thinking, "Let the model think; shown dimmed on stderr")
        ->type_name("EFFORT")
        ->expected(0, 1)
        ->default_str("");
    chat->add_option("--max-tokens", o.max_tokens, "Stop after about this many tokens")->type_name("N");
    chat->add_option("--server", o.server, "Ask a running gateway instead of the local accounts")
        ->type_name("URL");
    chat->add_option("--key-file", o.key_file, "File with the gateway's API key (default: $KIROGATE_API_KEY)")
        ->type_name("FILE");
    chat->add_flag("--no-stream", o.no_stream, "Print the answer when it is complete");
    auto* json = chat->add_flag("--json", o.json, "Print one JSON object with answer and usage");
    chat->add_flag("--jsonl", o.jsonl, "Print one JSON object per event")->excludes(json);
    chat->add_option("prompt", o.prompt, "The question; standard input is appended when it is not a terminal")
        ->type_name("PROMPT");
    chat->footer(
        "Examples:\n  kirogate chat 'What does ENOTTY mean?'\n  git diff | kirogate chat -m "
        "claude-opus-4.5 'Review this'");
    tree.on(chat, [&o](Context& c) { return run_chat(o, c); });
}

void add_status(CLI::App& app, Tree& tree) {
    auto* models = app.add_subcommand("models", "List the models the accounts offer")->group("Models");
    models->add_option("--server", tree.models.server, "Ask a running gateway")->type_name("URL");
    models->add_flag("--json", tree.models.json, "Machine-readable output");
    tree.on(models, [&tree](Context& c) { return run_models(tree.models, c); });
    auto* status =
        app.add_subcommand("status", "Show the daemon, the accounts and what was used")->group("Daemon");
    status->add_option("--server", tree.status.server, "URL of the daemon (default: from the configuration)")
        ->type_name("URL");
    status->add_flag("--json", tree.status.json, "Machine-readable output");
    tree.on(status, [&tree](Context& c) { return run_status(tree.status, c); });
}

void add_config(CLI::App& app, Tree& tree) {
    auto* config = app.add_subcommand("config", "Look at the configuration")->group("Daemon");
    config->require_subcommand(1);
    auto* show = config->add_subcommand("show", "Effective values and where each comes from");
    show->add_flag("--json", tree.config_show.json, "Machine-readable output");
    tree.on(show, [&tree](Context& c) { return run_config_show(tree.config_show, c); });
    tree.on(config->add_subcommand("check", "Check the configuration; exit status 2 when it has errors"),
            run_config_check);
    tree.on(config->add_subcommand("path", "Print the file that is read"), run_config_path);
    auto* init = config->add_subcommand("init", "Write an example configuration with every key commented");
    init->add_option("path", tree.config_init.path,
                     "File to write (default: the user's configuration file; - is stdout)")
        ->type_name("PATH");
    init->add_flag("--force", tree.config_init.force, "Overwrite an existing file");
    tree.on(init, [&tree](Context& c) { return run_config_init(tree.config_init, c); });
}

/// Every command knows the global options, so that they may stand anywhere. (CLI11's fallthrough
/// would also take an argument for the name of a command.)
void add_globals(CLI::App& app, GlobalOptions& global) {
    app.add_option("--config", global.config, "Configuration file")->type_name("FILE");
    app.add_option("--state-dir", global.state_dir, "State directory (database, seal key)")->type_name("DIR");
    for (auto* below : app.get_subcommands({})) add_globals(*below, global);
}

}  // namespace

void Tree::on(CLI::App* command, Run run) {
    command->callback([this, run = std::move(run)] { chosen = run; });
}

int run_app(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    log::configure(log::Level::warn, log::Format::text);
    CLI::App app("kirogate: the Claude models behind Kiro for OpenAI and Anthropic clients", "kirogate");
    app.footer(kFooter);
    app.require_subcommand(1);
    app.set_version_flag("--version", std::string("kirogate ") + kVersion);
    GlobalOptions global;

    Tree tree;
    add_serve(app, tree);
    add_status(app, tree);
    add_config(app, tree);
    add_account_commands(app, tree);
    add_key_commands(app, tree);
    add_chat(app, tree);
    auto* version = app.add_subcommand("version", "Print the version")->group("Daemon");
    tree.on(version, [](Context&) -> Result<ExitCode> {
        print_line(std::string("kirogate ") + kVersion);
        return ExitCode::ok;
    });
    add_globals(app, global);
    // Last, so that only the root has it.
    app.set_help_all_flag("--help-all", "Help of every command");

    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForAllHelp&) {
        print(help_of_all(app));
        return static_cast<int>(print_failed() ? ExitCode::failure : ExitCode::ok);
    } catch (const CLI::CallForHelp&) {
        print(app.help());
        return static_cast<int>(print_failed() ? ExitCode::failure : ExitCode::ok);
    } catch (const CLI::Success& e) {
        return app.exit(e);
    } catch (const CLI::ParseError& e) {
        explain_usage(app, e);
        return static_cast<int>(ExitCode::usage);
    }
    Context context(global);
    auto result = tree.chosen(context);
    if (!result) {
        if (result.error().kind != ErrorKind::cancelled) complain(result.error());
        return static_cast<int>(exit_code_of(result.error().kind));
    }
    return static_cast<int>(print_failed() && *result == ExitCode::ok ? ExitCode::failure : *result);
}

}  // namespace kg::cmd
