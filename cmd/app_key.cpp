#include <CLI/CLI.hpp>

#include "cmd/app_tree.hpp"

namespace kg::cmd {
namespace {

void add_fields(CLI::App& command, KeyFields& f) {
    command.add_option("--name", f.name, "Name")->type_name("NAME");
    const auto list = [&](const char* name, std::vector<std::string>& items, const char* help,
                          const char* type) {
        command.add_option(name, items, help)->type_name(type)->allow_extra_args(false);
    };
    list("--model,--allow-model", f.models, "Allowed model, * and ? match (repeatable; default all)",
         "PATTERN");
    list("--deny-model", f.denied_models, "Model refused even if allowed (repeatable; none for no such)",
         "PATTERN");
    list("--account", f.accounts, "Allowed account (repeatable; default all)", "ACCOUNT");
    list("--allow-group", f.groups, "Allowed group of accounts, besides --account (repeatable)", "NAME");
    list("--allow-ip", f.networks, "Address or range that may use the key (repeatable; none for all)",
         "CIDR");
    command.add_option("--credits", f.credits, "Credit limit, or none")->type_name("N");
    list("--credits-per", f.credits_per, "Credits a day, week or month, as day=10 (repeatable)", "PERIOD=N");
    command.add_option("--tokens", f.tokens, "Token limit, or none")->type_name("N");
    list("--tokens-per", f.tokens_per, "Tokens a day, week or month, as month=1000000 (repeatable)",
         "PERIOD=N");
    command.add_option("--zone", f.zone, "Time zone in which periods begin (default UTC)")->type_name("ZONE");
    command.add_option("--expires", f.expires, "Expiry: 2027-01-31, 30d or 12h; none for never")
        ->type_name("TIME");
    command.add_option("--rpm", f.rpm, "Requests per minute, 0 for no limit")->type_name("N");
    command.add_option("--burst", f.burst, "Requests at once, 0 for as many as in a minute")->type_name("N");
    command.add_option("--tpm", f.tpm, "Tokens per minute, 0 for no limit")->type_name("N");
    command.add_option("--streams", f.streams, "Requests in progress, 0 for no limit")->type_name("N");
    command.add_option("--system-prepend", f.system_prepend, "Text before every system prompt, or none")
        ->type_name("TEXT");
    command.add_option("--system-append", f.system_append, "Text after every system prompt, or none")
        ->type_name("TEXT");
    command.add_option("--thinking", f.thinking, "Effort where the client says nothing, or none")
        ->type_name("EFFORT");
    command
        .add_option("--compression", f.compression,
                    "Compress conversations: off, on, or above PERCENT of the window; none for as configured")
        ->type_name("WHEN");
    command
        .add_option("--web-search", f.web_search,
                    "Run web searches for the model: off or on; none for as configured")
        ->type_name("WHEN");
    auto* strict = command.add_flag("--strict", f.strict, "Refuse what would be ignored or emulated");
    command.add_flag("--no-strict", f.no_strict, "Warn of it instead (default)")->excludes(strict);
}

CLI::App* select(CLI::App& parent, const std::string& name, const std::string& help, KeySelectOptions& o) {
    auto* command = parent.add_subcommand(name, help);
    command->add_option("key", o.key, "Id, unique id prefix or name")->type_name("KEY")->required();
    return command;
}

}  // namespace

void add_key_commands(CLI::App& app, Tree& tree) {
    auto* key = app.add_subcommand("key", "Manage the kg- keys that clients use")->group("Accounts and keys");
    key->require_subcommand(1);

    auto* create = key->add_subcommand("create", "Make a key and print it once");
    add_fields(*create, tree.key_create.fields);
    create->add_flag("--json", tree.key_create.json, "Machine-readable output; the key is the member `key`");
    create->footer(
        "Example:\n  kirogate key create --name ci --model 'claude-haiku-*' --credits 50 --expires "
        "30d");
    tree.on(create, [&tree](Context& c) { return run_key_create(tree.key_create, c); });

    auto* list = key->add_subcommand("list", "List the keys");
    list->add_flag("--json", tree.key_list.json, "Machine-readable output");
    tree.on(list, [&tree](Context& c) { return run_key_list(tree.key_list, c); });

    auto* show = select(*key, "show", "Show a key's limits and use", tree.key_show);
    show->add_flag("--json", tree.key_show.json, "Machine-readable output");
    tree.on(show, [&tree](Context& c) { return run_key_show(tree.key_show, c); });

    auto* edit = key->add_subcommand("edit", "Change a key's limits");
    edit->add_option("key", tree.key_edit.key, "Id, unique id prefix or name")->type_name("KEY")->required();
    add_fields(*edit, tree.key_edit.fields);
    auto* enable = edit->add_flag("--enable", tree.key_edit.fields.enable, "Accept the key again");
    edit->add_flag("--disable", tree.key_edit.fields.disable, "Refuse the key, keep its record")
        ->excludes(enable);
    edit->add_flag("--any-model", tree.key_edit.fields.any_model, "Allow every model");
    edit->add_flag("--any-account", tree.key_edit.fields.any_account, "Allow every account, of every group");
    tree.on(edit, [&tree](Context& c) { return run_key_edit(tree.key_edit, c); });

    auto* revoke = select(*key, "revoke", "Delete a key", tree.key_revoke);
    revoke->add_flag("-y,--yes", tree.key_revoke.yes, "Do not ask");
    tree.on(revoke, [&tree](Context& c) { return run_key_revoke(tree.key_revoke, c); });

    auto* rotate = key->add_subcommand("rotate", "Replace a key's secret, keep its limits");
    rotate->add_option("key", tree.key_rotate.key, "Id, unique id prefix or name")
        ->type_name("KEY")
        ->required();
    rotate
        ->add_option("--overlap", tree.key_rotate.overlap, "How long the old key stays valid (default: not)")
        ->type_name("TIME");
    rotate->add_flag("--json", tree.key_rotate.json, "Machine-readable output");
    tree.on(rotate, [&tree](Context& c) { return run_key_rotate(tree.key_rotate, c); });
}

}  // namespace kg::cmd
