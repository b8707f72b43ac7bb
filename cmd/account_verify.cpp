#include <algorithm>
#include <cmath>
#include <optional>

#include "cmd/account_fields.hpp"
#include "cmd/commands.hpp"
#include "cmd/login_report.hpp"
#include "cmd/output.hpp"
#include "core/json/writer.hpp"

namespace kg::cmd {
namespace {

std::string number(double value) {
    std::string out;
    json::append_double(out, std::round(value * 100) / 100);
    return out;
}

std::string title(const CheckedLogin& checked) {
    if (!checked.account) return checked.ref;
    const auto& a = *checked.account;
    return a.id + (a.name.empty() ? "" : " (" + a.name + ")");
}

/// The stored accounts that were named, or all that are enabled.
Result<std::vector<CheckedLogin>> select_all(const AccountSelectOptions& options, store::Stores& stores,
                                             const Clock& clock) {
    std::vector<CheckedLogin> out;
    KG_TRY(selectors, expand_selectors(stores, options.accounts, clock));
    for (const auto& selector : selectors) {
        auto found = select_account(stores, selector);
        auto& checked = out.emplace_back();
        checked.ref = selector;
        if (found)
            checked.account = std::move(*found);
        else
            checked.error = std::move(found).error();
    }
    if (!options.accounts.empty()) return out;
    KG_TRY(known, stores.accounts().list());
    for (auto& a : known) {
        if (!a.enabled) continue;
        out.emplace_back().ref = a.id;
        out.back().account = std::move(a);
    }
    return out;
}

void write_quota(json::Writer& w, const store::Account& a) {
    w.key("quota");
    if (!a.quota) {
        w.null();
        return;
    }
    w.begin_object().member("limit", a.quota->limit).member("used", a.quota->used);
    w.member("remaining", std::max(0.0, a.quota->limit - a.quota->used));
    w.member("resets_at_ms", a.quota->resets_at_ms).member("told_at_ms", a.quota->told_at_ms).end_object();
}

Result<ExitCode> finish(const std::vector<CheckedLogin>& all, bool json, bool asked) {
    std::size_t failed = 0;
    std::optional<ErrorKind> last;
    std::string out;
    json::Writer w(out);
    w.begin_object().key("accounts").begin_array();
    for (const auto& checked : all) {
        failed += checked.error.has_value();
        if (checked.error) last = checked.error->kind;
        w.begin_object().member("account", checked.account ? checked.account->id : checked.ref);
        if (asked) w.member("works", !checked.error).member("plan", checked.plan);
        if (checked.account) {
            w.member("state", checked.account->state).member("expires_at_ms", checked.account->expires_at_ms);
            write_quota(w, *checked.account);
        }
        if (checked.error) w.member("error", checked.error->message);
        w.end_object();
    }
    w.end_array().member("failed", failed).end_object();
    if (json) print_line(out);
    if (failed == 0) return ExitCode::ok;
    if (failed < all.size()) return ExitCode::partial;
    return failed == 1 ? exit_code_of(*last) : ExitCode::auth;
}

std::string credits(const store::Account& a) {
    if (!a.quota) return "credits unknown";
    return number(a.quota->used) + " of " + number(a.quota->limit) + " credits used, renewed " +
           format_time(a.quota->resets_at_ms);
}

}  // namespace

Result<ExitCode> run_account_verify(const AccountSelectOptions& options, Context& context) {
    KG_TRY(stores, context.stores());
    KG_TRY(all, select_all(options, *stores, context.clock()));
    if (all.empty()) note("there is no enabled account");
    KG_CHECK(check_logins(all, context));
    for (const auto& checked : all) {
        if (options.json) break;
        if (checked.error) {
            note(title(checked) + " does not work: " + checked.error->message);
            continue;
        }
        const auto& a = *checked.account;
        print_line("works  " + title(checked) + "  " + (checked.plan.empty() ? "" : checked.plan + ", ") +
                   credits(a) + (a.expires_at_ms > 0 ? ", token until " + format_time(a.expires_at_ms) : ""));
    }
    return finish(all, options.json, true);
}

Result<ExitCode> run_account_usage(const AccountUsageOptions& options, Context& context) {
    KG_TRY(stores, context.stores());
    KG_TRY(all, select_all(options.select, *stores, context.clock()));
    if (all.empty()) note("there is no enabled account");
    if (!options.cached) KG_CHECK(check_logins(all, context));
    if (!options.select.json && !all.empty()) {
        Table table({"ID", "NAME", "USED", "LIMIT", "LEFT", "RENEWED", "AS OF"});
        for (const auto& checked : all) {
            if (checked.error) note(title(checked) + ": " + checked.error->message);
            if (!checked.account) continue;
            const auto& a = *checked.account;
            const auto& q = a.quota;
            table.row({a.id, a.name.empty() ? "-" : a.name, q ? number(q->used) : "-",
                       q ? number(q->limit) : "-", q ? number(std::max(0.0, q->limit - q->used)) : "-",
                       format_time(q ? q->resets_at_ms : 0), format_time(q ? q->told_at_ms : 0)});
        }
        const bool any =
            std::ranges::any_of(all, [](const CheckedLogin& c) { return c.account.has_value(); });
        if (any) print(table.text());
    }
    return finish(all, options.select.json, !options.cached);
}

}  // namespace kg::cmd
