#pragma once

#include "cmd/context.hpp"
#include "cmd/exit_code.hpp"
#include "cmd/options.hpp"

/// One function per command. Each prints its own result; an Error is printed by run_app and decides
/// the exit status.
namespace kg::cmd {

Result<ExitCode> run_serve(const ServeOptions& options, Context& context);
Result<ExitCode> run_chat(const ChatOptions& options, Context& context);

Result<ExitCode> run_account_add(const AccountAddOptions& options, Context& context);
Result<ExitCode> run_account_list(const ListOptions& options, Context& context);
Result<ExitCode> run_account_show(const AccountSelectOptions& options, Context& context);
Result<ExitCode> run_account_edit(const AccountEditOptions& options, Context& context);
Result<ExitCode> run_account_remove(const AccountSelectOptions& options, Context& context);
Result<ExitCode> run_account_enable(const AccountSelectOptions& options, Context& context, bool enable);
Result<ExitCode> run_account_reset(const AccountSelectOptions& options, Context& context);
Result<ExitCode> run_account_refresh(const AccountSelectOptions& options, Context& context);
Result<ExitCode> run_account_export(const AccountExportOptions& options, Context& context);
Result<ExitCode> run_account_verify(const AccountSelectOptions& options, Context& context);
Result<ExitCode> run_account_usage(const AccountUsageOptions& options, Context& context);
Result<ExitCode> run_account_import(const AccountImportOptions& options, Context& context);

Result<ExitCode> run_key_create(const KeyCreateOptions& options, Context& context);
Result<ExitCode> run_key_list(const ListOptions& options, Context& context);
Result<ExitCode> run_key_show(const KeySelectOptions& options, Context& context);
Result<ExitCode> run_key_edit(const KeyEditOptions& options, Context& context);
Result<ExitCode> run_key_revoke(const KeySelectOptions& options, Context& context);
Result<ExitCode> run_key_rotate(const KeyRotateOptions& options, Context& context);

Result<ExitCode> run_models(const StatusOptions& options, Context& context);
Result<ExitCode> run_status(const StatusOptions& options, Context& context);
Result<ExitCode> run_config_show(const ListOptions& options, Context& context);
Result<ExitCode> run_config_check(Context& context);
Result<ExitCode> run_config_path(Context& context);
Result<ExitCode> run_config_init(const ConfigInitOptions& options, Context& context);

/// Parses the command line and runs one command; everything main() does.
int run_app(int argc, char** argv);

}  // namespace kg::cmd
