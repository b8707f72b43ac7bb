#include <CLI/CLI.hpp>

#include "cmd/app_tree.hpp"

namespace kg::cmd {
namespace {

void add_fields(CLI::App& command, AccountFields& f) {
    command.add_option("--name", f.name, "Name: letters, digits, . _ -")->type_name("NAME");
    command
        .add_option("--auth-method", f.auth_method, "How it signs in: social, idc, api-key or external-idp")
        ->type_name("METHOD");
    command.add_option("--provider", f.provider, "Google, Github, BuilderId or Enterprise")
        ->type_name("NAME");
    command.add_option("--region", f.region, "Region of the sign-in service")->type_name("REGION");
    command.add_option("--api-region", f.api_region, "Region of the API, when it differs")
        ->type_name("REGION");
    command.add_option("--profile-arn", f.profile_arn, "Profile of an organisation's account")
        ->type_name("ARN");
    command.add_option("--client-id", f.client_id, "OIDC client id (idc, external-idp)")->type_name("ID");
    command
        .add_option("--client-secret-file", f.client_secret_file, "File with the OIDC client secret (idc)")
        ->type_name("FILE");
    command.add_option("--start-url", f.start_url, "Identity Center start page (idc)")->type_name("URL");
    command.add_option("--token-endpoint", f.token_endpoint, "Token endpoint (external-idp)")
        ->type_name("URL");
    command.add_option("--scopes", f.scopes, "OAuth scopes (external-idp)")->type_name("SCOPES");
    command.add_option("--proxy", f.proxy, "Outbound proxy: http://, https:// or socks5h:// URL")
        ->type_name("URL");
    command.add_option("--priority", f.priority, "Lower is used first (default 0)")->type_name("N");
    command.add_option("--weight", f.weight, "Share of concurrent requests (default 1)")->type_name("N");
    command
        .add_option("--max-concurrency", f.max_concurrency,
                    "Requests at the same time; 0 is accounts.concurrency_max")
        ->type_name("N");
    command.add_option("--rpm", f.rpm, "Requests per minute, 0 for no limit; default as configured")
        ->type_name("N");
    command.add_option("--burst", f.burst, "Requests at once; default as many as in a minute")
        ->type_name("N");
    command.add_option("--tpm", f.tpm, "Tokens per minute, 0 for no limit; default as configured")
        ->type_name("N");
    command
        .add_option("--group", f.groups, "Group that keys may be bound to (repeatable; none for no group)")
        ->type_name("NAME")
        ->allow_extra_args(false);
    command.add_option("--note", f.note, "Free text")->type_name("TEXT");
    command.add_option("--token-file", f.token_file, "File with the refresh token or API key (- is stdin)")
        ->type_name("FILE");
}

CLI::App* select(CLI::App& parent, const std::string& name, const std::string& help,
                 AccountSelectOptions& o) {
    auto* command = parent.add_subcommand(name, help);
    command->add_option("account", o.accounts, "Id, unique id prefix, name, e-mail, or a query as group:a")
        ->type_name("ACCOUNT")
        ->required();
    return command;
}

}  // namespace

void add_account_commands(CLI::App& app, Tree& tree) {
    auto* account = app.add_subcommand("account", "Manage the Kiro accounts")->group("Accounts and keys");
    account->require_subcommand(1);

    auto* add =
        account->add_subcommand("add", "Add an account; its token is read from a prompt, stdin or a file");
    add_fields(*add, tree.account_add.fields);
    add->add_flag("--json", tree.account_add.json, "Machine-readable output");
    add->footer("Example:\n  printf %s \"$TOKEN\" | kirogate account add --name work");
    tree.on(add, [&tree](Context& c) { return run_account_add(tree.account_add, c); });

    auto* list = account->add_subcommand("list", "List the accounts");
    list->add_flag("--json", tree.account_list.json, "Machine-readable output");
    tree.on(list, [&tree](Context& c) { return run_account_list(tree.account_list, c); });

    auto* show =
        select(*account, "show", "Show everything about an account but its secrets", tree.account_show);
    show->add_flag("--json", tree.account_show.json, "Machine-readable output");
    tree.on(show, [&tree](Context& c) { return run_account_show(tree.account_show, c); });

    auto* edit = account->add_subcommand("edit", "Change an account");
    edit->add_option("account", tree.account_edit.account, "Id, unique id prefix, name or e-mail")
        ->type_name("ACCOUNT")
        ->required();
    add_fields(*edit, tree.account_edit.fields);
    edit->add_flag("--reset", tree.account_edit.reset, "Forget failures, cool-down and suspension");
    tree.on(edit, [&tree](Context& c) { return run_account_edit(tree.account_edit, c); });

    auto* remove = select(*account, "remove", "Remove accounts and their secrets", tree.account_remove);
    remove->add_flag("-y,--yes", tree.account_remove.yes, "Do not ask");
    tree.on(remove, [&tree](Context& c) { return run_account_remove(tree.account_remove, c); });

    auto* enable = select(*account, "enable", "Let accounts serve requests", tree.account_enable);
    tree.on(enable, [&tree](Context& c) { return run_account_enable(tree.account_enable, c, true); });
    auto* disable = select(*account, "disable", "Keep accounts from serving; running answers end normally",
                           tree.account_disable);
    tree.on(disable, [&tree](Context& c) { return run_account_enable(tree.account_disable, c, false); });

    auto* reset = select(*account, "reset", "Forget failures, cool-down, used-up credits and suspension",
                         tree.account_reset);
    tree.on(reset, [&tree](Context& c) { return run_account_reset(tree.account_reset, c); });

    auto* refresh = account->add_subcommand(
        "refresh", "Refresh the access tokens now; of every account when none is named");
    refresh
        ->add_option("account", tree.account_refresh.accounts,
                     "Id, unique id prefix, name, e-mail, or a query as group:a")
        ->type_name("ACCOUNT");
    refresh->add_flag("--json", tree.account_refresh.json, "Machine-readable output");
    tree.on(refresh, [&tree](Context& c) { return run_account_refresh(tree.account_refresh, c); });

    auto* verify = account->add_subcommand(
        "verify",
        "Ask Kiro whether the logins work, and about their plans; of every account when none is named");
    verify
        ->add_option("account", tree.account_verify.accounts,
                     "Id, unique id prefix, name, e-mail, or a query as group:a")
        ->type_name("ACCOUNT");
    verify->add_flag("--json", tree.account_verify.json, "Machine-readable output");
    tree.on(verify, [&tree](Context& c) { return run_account_verify(tree.account_verify, c); });

    auto* usage = account->add_subcommand(
        "usage", "Show the credits that the accounts have used; of every account when none is named");
    usage
        ->add_option("account", tree.account_usage.select.accounts,
                     "Id, unique id prefix, name, e-mail, or a query as group:a")
        ->type_name("ACCOUNT");
    usage->add_flag("--cached", tree.account_usage.cached, "As known to the gateway, without asking Kiro");
    usage->add_flag("--json", tree.account_usage.select.json, "Machine-readable output");
    tree.on(usage, [&tree](Context& c) { return run_account_usage(tree.account_usage, c); });

    auto* exported = account->add_subcommand(
        "export",
        "Write accounts in a form that can be imported again; without secrets unless asked for them");
    exported
        ->add_option("account", tree.account_export.accounts,
                     "Id, unique id prefix, name, e-mail, or a query as group:a (default all)")
        ->type_name("ACCOUNT");
    exported
        ->add_option("--format", tree.account_export.format,
                     "kirogate (default), kam, kiro-rs, minimal, csv, txt, dash or summary")
        ->type_name("FORMAT");
    exported->add_option("-o,--output", tree.account_export.output, "New file for it; - is standard output")
        ->type_name("FILE");
    exported->add_flag("--with-secrets", tree.account_export.with_secrets,
                       "With tokens and client secrets; needs -o, and never goes to a terminal");
    exported->footer("Example:\n  kirogate account export --with-secrets -o accounts.json");
    tree.on(exported, [&tree](Context& c) { return run_account_export(tree.account_export, c); });

    auto* import = account->add_subcommand("import", "Import accounts from the Kiro IDE, kiro-cli or a file");
    import
        ->add_option("file", tree.account_import.file,
                     "JSON file in a known form (- is stdin), or kiro-cli's database")
        ->type_name("FILE");
    import
        ->add_option("--from", tree.account_import.from, "Program of this machine: ide, kiro-cli or amazon-q")
        ->type_name("SOURCE");
    import
        ->add_option("--mode", tree.account_import.mode,
                     "copy: take the tokens; follow: leave them in the file and share it")
        ->check(CLI::IsMember({"copy", "follow"}))
        ->type_name("MODE");
    import
        ->add_option("--login", tree.account_import.login,
                     "Of kiro-cli's sign-ins this one, by name or kind; default the one that lasts longest")
        ->type_name("NAME");
    import
        ->add_option("--on-duplicate", tree.account_import.on_duplicate,
                     "Accounts that are here already: update (default) those with older tokens, skip or fail")
        ->check(CLI::IsMember({"update", "skip", "fail"}))
        ->type_name("WHAT");
    auto* dry_run =
        import->add_flag("--dry-run", tree.account_import.dry_run, "Report what would happen, write nothing");
    import->add_flag("--verify", tree.account_import.verify, "Ask Kiro whether what is imported works")
        ->excludes(dry_run);
    import->add_flag("--json", tree.account_import.json, "Machine-readable report");
    import->footer(
        "Examples:\n  kirogate account import --from ide --mode follow\n  kirogate account import "
        "accounts.json "
        "--dry-run");
    tree.on(import, [&tree](Context& c) { return run_account_import(tree.account_import, c); });
}

}  // namespace kg::cmd
