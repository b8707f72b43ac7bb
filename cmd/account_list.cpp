#include "cmd/account_fields.hpp"
#include "cmd/commands.hpp"
#include "cmd/output.hpp"
#include "cmd/secret_input.hpp"
#include "core/json/writer.hpp"

namespace kg::cmd {
namespace {

std::string state_text(const store::Account& a) {
    std::string out = a.enabled ? a.state : "disabled";
    if (a.enabled && !a.state_reason.empty()) out += " (" + a.state_reason + ")";
    return out;
}

/// Runs `act` on each selected account; the exit status tells whether all, some or none worked.
template <class F>
Result<ExitCode> for_each(const AccountSelectOptions& options, Context& context, F act) {
    KG_TRY(stores, context.stores());
    KG_TRY(selectors, expand_selectors(*stores, options.accounts, context.clock()));
    std::size_t failed = 0;
    for (const auto& selector : selectors) {
        auto account = select_account(*stores, selector);
        auto done = account ? act(*stores, *account) : Result<void>(Err(account.error()));
        if (done) continue;
        if (selectors.size() == 1) return Err(std::move(done).error());
        complain(done.error());
        ++failed;
    }
    return failed == 0 ? ExitCode::ok : failed == selectors.size() ? ExitCode::failure : ExitCode::partial;
}

}  // namespace

Result<ExitCode> run_account_list(const ListOptions& options, Context& context) {
    KG_TRY(stores, context.stores());
    KG_TRY(accounts, stores->accounts().list());
    if (options.json) {
        std::string out;
        json::Writer w(out);
        w.begin_object().key("accounts").begin_array();
        for (const auto& account : accounts) w.raw(account_json(account));
        w.end_array().member("total", accounts.size()).end_object();
        print_line(out);
        return ExitCode::ok;
    }
    if (accounts.empty()) {
        note(
            "no accounts yet; add one with `kirogate account add` or `kirogate account import "
            "--from ide`");
        return ExitCode::ok;
    }
    Table table({"ID", "NAME", "METHOD", "STATE", "PRIO", "TOKEN UNTIL", "LAST USED"});
    for (const auto& a : accounts) {
        table.row({a.id, a.name.empty() ? "-" : a.name, a.auth_method, state_text(a),
                   std::to_string(a.priority), format_time(a.expires_at_ms), format_time(a.last_used_at_ms)});
    }
    print(table.text());
    return ExitCode::ok;
}

Result<ExitCode> run_account_show(const AccountSelectOptions& options, Context& context) {
    return for_each(options, context, [&](store::Stores&, const store::Account& a) -> Result<void> {
        print_line(options.json ? account_json(a) : json::pretty(account_json(a)));
        return {};
    });
}

Result<ExitCode> run_account_remove(const AccountSelectOptions& options, Context& context) {
    if (!options.yes) {
        if (!stdin_is_terminal())
            return Err(Error{.kind = ErrorKind::malformed_request,
                             .message = "removing needs --yes when there is no terminal to ask"});
        note("type yes to remove " + std::to_string(options.accounts.size()) +
             " account(s) and their tokens:");
        KG_TRY(answer, read_secret("answer", std::nullopt));
        if (answer.reveal() != "yes")
            return Err(Error{.kind = ErrorKind::malformed_request, .message = "nothing removed"});
    }
    return for_each(options, context, [](store::Stores& stores, const store::Account& a) -> Result<void> {
        KG_TRY(removed, stores.accounts().remove(a.id));
        if (removed) print_line("removed " + a.id);
        return {};
    });
}

Result<ExitCode> run_account_enable(const AccountSelectOptions& options, Context& context, bool enable) {
    return for_each(options, context,
                    [enable](store::Stores& stores, const store::Account& a) -> Result<void> {
                        KG_TRY(changed, stores.accounts().update(a.id, [enable](store::Account& account) {
                            account.enabled = enable;
                            return true;
                        }));
                        if (changed) print_line((enable ? "enabled " : "disabled ") + a.id);
                        return {};
                    });
}

Result<ExitCode> run_account_reset(const AccountSelectOptions& options, Context& context) {
    return for_each(options, context,
                    [&context](store::Stores& stores, const store::Account& a) -> Result<void> {
                        KG_TRY(changed, stores.accounts().update(a.id, [&context](store::Account& account) {
                            forget_failures(account, context.clock());
                            return true;
                        }));
                        if (changed) print_line("reset " + a.id);
                        return {};
                    });
}

}  // namespace kg::cmd
