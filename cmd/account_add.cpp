#include "cmd/account_fields.hpp"
#include "cmd/commands.hpp"
#include "cmd/output.hpp"
#include "cmd/secret_input.hpp"

namespace kg::cmd {

namespace {

/// Two accounts with one token would rotate it under each other; a taken name is told with its
/// owner.
Result<void> check_unique(const store::Account& account, store::Stores& stores) {
    KG_TRY(known, stores.accounts().list());
    const auto taken = [](std::string message) {
        return Err(Error{.kind = ErrorKind::malformed_request, .message = std::move(message)});
    };
    for (const auto& a : known) {
        if (!account.name.empty() && a.name == account.name) {
            return taken("--name: " + a.name + " is taken by " + a.id +
                         "; choose another, or change that one with `kirogate account edit`");
        }
        const bool same_token = !account.refresh_token.empty() && a.refresh_token == account.refresh_token;
        if (same_token || (!account.api_key.empty() && a.api_key == account.api_key)) {
            return taken("this token is already there, as " + a.id +
                         (a.name.empty() ? "" : " (" + a.name + ")"));
        }
    }
    return {};
}

}  // namespace

Result<ExitCode> run_account_add(const AccountAddOptions& options, Context& context) {
    store::Account account;
    KG_CHECK(apply_fields(options.fields, account));
    const bool api_key = account.auth_method == "api-key";
    KG_TRY(token, read_secret(api_key ? "API key" : "refresh token", options.fields.token_file));
    (api_key || token.reveal().starts_with("ksk_") ? account.api_key : account.refresh_token) = token;
    if (account.auth_method.empty() && !account.api_key.empty()) account.auth_method = "api-key";
    complete_new_account(account, context);
    account.source = "add";
    KG_CHECK(check_token(account));
    if (account.refresh_token.reveal().size() < 100 && account.auth_method != "api-key") {
        note("warning: the token has only " + std::to_string(account.refresh_token.reveal().size()) +
             " characters; real ones are longer");
    }
    KG_TRY(stores, context.stores());
    KG_CHECK(check_unique(account, *stores));
    KG_CHECK(stores->accounts().add(account));
    if (options.json)
        print_line(account_json(account));
    else
        print_line("added " + account.id + (account.name.empty() ? "" : " (" + account.name + ")"));
    return ExitCode::ok;
}

Result<ExitCode> run_account_edit(const AccountEditOptions& options, Context& context) {
    KG_TRY(stores, context.stores());
    KG_TRY(found, select_account(*stores, options.account));
    store::Account trial = found;
    KG_CHECK(apply_fields(options.fields, trial));
    std::optional<Secret> token;
    if (options.fields.token_file) {
        KG_TRY(read, read_secret("token", options.fields.token_file));
        token = read;
    }
    if (trial == found && !token && !options.reset) {
        print_line("unchanged " + found.id);
        return ExitCode::ok;
    }
    std::optional<Error> failed;
    auto changed = stores->accounts().update(found.id, [&](store::Account& a) {
        AccountFields fields = options.fields;
        fields.client_secret_file.reset();  // read once, above
        if (auto applied = apply_fields(fields, a); !applied) {
            failed = std::move(applied).error();
            return false;
        }
        if (options.fields.client_secret_file) a.client_secret = trial.client_secret;
        if (token) {
            (a.auth_method == "api-key" ? a.api_key : a.refresh_token) = *token;
            a.access_token = Secret();
            a.expires_at_ms = 0;
            a.follow_path.clear();  // a token of its own
            ++a.token_generation;
        }
        if (options.reset || token) forget_failures(a, context.clock());
        return true;
    });
    if (!changed) return Err(std::move(changed).error());
    if (failed) return Err(std::move(*failed));
    if (!*changed)
        return Err(
            Error{.kind = ErrorKind::malformed_request, .message = "the account was removed meanwhile"});
    print_line("changed " + found.id);
    return ExitCode::ok;
}

}  // namespace kg::cmd
