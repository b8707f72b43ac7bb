#include <chrono>

#include "cmd/account_fields.hpp"
#include "cmd/commands.hpp"
#include "cmd/local_engine.hpp"
#include "cmd/output.hpp"
#include "core/json/writer.hpp"

namespace kg::cmd {

Result<ExitCode> run_account_refresh(const AccountSelectOptions& options, Context& context) {
    using namespace std::chrono_literals;
    KG_TRY(local, LocalEngine::open(context));
    KG_TRY(stores, context.stores());
    KG_TRY(selectors, expand_selectors(*stores, options.accounts, context.clock()));
    if (selectors.empty()) {
        KG_TRY(known, stores->accounts().list());
        for (const auto& a : known) {
            if (a.enabled && (!a.refresh_token.empty() || !a.follow_path.empty())) selectors.push_back(a.id);
        }
        if (selectors.empty()) note("no enabled account has a token to refresh");
    }
    std::optional<ErrorKind> last_failure;
    std::string items;
    json::Writer w(items);
    w.begin_object().key("accounts").begin_array();
    std::size_t failed = 0;
    for (const auto& selector : selectors) {
        auto account = select_account(*stores, selector);
        std::optional<Error> error;
        if (!account) {
            error = account.error();
        } else if (account->auth_method == "api-key") {
            error = Error{.kind = ErrorKind::malformed_request,
                          .message = selector + " uses an API key; there is nothing to refresh"};
        } else {
            // A followed login is not in the store, and has been read already.
            const auto known = local->engine().pool().record(account->id);
            const auto seen = known ? known->token_generation : account->token_generation;
            local->engine().keeper().ensure(account->id, seen, local->door(),
                                            [&](Result<account::FreshToken> token) {
                                                if (!token) error = std::move(token).error();
                                                local->stop();
                                            });
            if (!local->run_for(120s))
                error = Error{.kind = ErrorKind::upstream_timeout, .message = "the refresh took too long"};
        }
        const auto now = account && !error ? local->engine().pool().record(account->id) : std::nullopt;
        const auto expires = now ? now->expires_at_ms : 0;
        failed += error.has_value();
        if (error) last_failure = error->kind;
        w.begin_object()
            .member("account", account ? account->id : selector)
            .member("refreshed", !error)
            .member("expires_at_ms", expires);
        if (error) w.member("error", error->message);
        w.end_object();
        if (options.json) continue;
        if (error)
            complain(*error);
        else
            print_line("refreshed " + account->id + ", valid until " + format_time(expires));
    }
    w.end_array().member("failed", failed).end_object();
    if (options.json) print_line(items);
    if (failed == 0) return ExitCode::ok;
    if (failed < selectors.size()) return ExitCode::partial;
    return failed == 1 ? exit_code_of(*last_failure) : ExitCode::auth;
}

}  // namespace kg::cmd
