#pragma once

#include <functional>

#include "cmd/commands.hpp"

namespace CLI {
class App;
}

namespace kg::cmd {

/// The options of every command and, after parsing, the one that was chosen.
struct Tree {
    using Run = std::function<Result<ExitCode>(Context&)>;
    void on(CLI::App* command, Run run);

    ServeOptions serve;
    ChatOptions chat;
    StatusOptions models, status;
    ListOptions config_show, account_list, key_list;
    ConfigInitOptions config_init;
    AccountAddOptions account_add;
    AccountEditOptions account_edit;
    AccountImportOptions account_import;
    AccountExportOptions account_export;
    AccountSelectOptions account_show, account_remove, account_enable, account_disable, account_reset,
        account_refresh, account_verify;
    AccountUsageOptions account_usage;
    KeyCreateOptions key_create;
    KeyEditOptions key_edit;
    KeySelectOptions key_show, key_revoke;
    KeyRotateOptions key_rotate;
    Run chosen;
};

void add_account_commands(CLI::App& app, Tree& tree);
void add_key_commands(CLI::App& app, Tree& tree);

}  // namespace kg::cmd
