#include <algorithm>

#include "cmd/commands.hpp"
#include "cmd/import_source.hpp"
#include "cmd/login_report.hpp"
#include "cmd/output.hpp"
#include "core/exchange/import.hpp"
#include "core/json/writer.hpp"

namespace kg::cmd {
namespace {

/// What upstream says of one imported login.
struct Verdict {
    bool asked = false, works = false;
    std::string plan, trouble;  // why it does not work
};
using Verdicts = std::vector<Verdict>;

/// Asks upstream about what was added or updated.
void verify(const std::vector<exchange::ImportItem>& items, Verdicts& verdicts, store::Stores& stores,
            Context& context) {
    std::vector<CheckedLogin> logins;
    std::vector<std::size_t> asked;
    for (std::size_t i = 0; i < items.size(); ++i) {
        using enum exchange::ImportOutcome;
        const auto& item = items[i];
        if (item.outcome != added && item.outcome != updated) continue;
        auto& login = logins.emplace_back();
        login.ref = item.ref;
        asked.push_back(i);
        if (auto found = stores.accounts().find(item.id); !found)
            login.error = std::move(found).error();
        else if (!*found)
            login.error = Error{.kind = ErrorKind::no_account, .message = "it was removed meanwhile"};
        else
            login.account = std::move(**found);
    }
    if (logins.empty()) return;
    const auto done = check_logins(logins, context);
    for (std::size_t i = 0; i < logins.size(); ++i) {
        const auto& login = logins[i];
        auto& verdict = verdicts[asked[i]];
        verdict = {.asked = true, .works = done && !login.error, .plan = login.plan, .trouble = {}};
        if (login.error)
            verdict.trouble = login.error->message;
        else if (!done)
            verdict.trouble = done.error().message;
    }
}

void report_json(const exchange::ImportReport& done, const Verdicts& verdicts, std::size_t broken,
                 const exchange::Forms& forms, const AccountImportOptions& options) {
    std::string out;
    json::Writer w(out);
    w.begin_object().member("format", forms.format).member("dry_run", options.dry_run);
    w.member("total", done.items.size()).member("added", done.added).member("updated", done.updated);
    w.member("skipped", done.skipped).member("failed", done.failed);
    if (options.verify) w.member("not_working", broken);
    w.key("left_out").begin_array();
    for (const auto& name : forms.left_out) w.string(name);
    w.end_array().key("items").begin_array();
    for (std::size_t i = 0; i < done.items.size(); ++i) {
        const auto& item = done.items[i];
        const auto& verdict = verdicts[i];
        w.begin_object().member("index", i).member("ref", item.ref);
        w.member("result", exchange::outcome_name(item.outcome));
        if (!item.id.empty()) w.member("id", item.id);
        if (!item.code.empty()) w.member("code", item.code);
        if (!item.message.empty()) w.member("message", item.message);
        if (verdict.asked) w.member("works", verdict.works).member("plan", verdict.plan);
        if (!verdict.trouble.empty()) w.member("error", verdict.trouble);
        w.end_object();
    }
    w.end_array().end_object();
    print_line(out);
}

void report(const exchange::ImportReport& done, const Verdicts& verdicts, std::size_t broken,
            const AccountImportOptions& options) {
    for (std::size_t i = 0; i < done.items.size(); ++i) {
        const auto& item = done.items[i];
        const auto& verdict = verdicts[i];
        auto line = std::string(exchange::outcome_name(item.outcome)) + "  " + item.ref +
                    (item.id.empty() ? "" : "  " + item.id) +
                    (item.message.empty() ? "" : "  " + item.message);
        if (verdict.asked)
            line += !verdict.works ? "  does not work: " + verdict.trouble
                                   : "  works" + (verdict.plan.empty() ? "" : ", " + verdict.plan);
        print_line(line);
    }
    print_line(std::to_string(done.added) + " added, " + std::to_string(done.updated) + " updated, " +
               std::to_string(done.skipped) + " skipped, " + std::to_string(done.failed) + " failed" +
               (options.verify ? ", " + std::to_string(broken) + " not working" : "") +
               (options.dry_run ? " (dry run: nothing written)" : ""));
}

/// Of a database with several sign-ins, those that were not taken.
void name_left_out(const exchange::Forms& forms, bool follow) {
    for (const auto& name : forms.left_out)
        note(follow ? "not followed: " + name + ", which ends earlier"
                    : "not imported: " + name + "; --login " + name + " imports it");
}

}  // namespace

Result<ExitCode> run_account_import(const AccountImportOptions& options, Context& context) {
    const bool follows = options.mode == "follow";
    if (follows && options.login)
        return Err(Error{.kind = ErrorKind::malformed_request,
                         .message = "--login: a shared database is followed at the sign-in that lasts "
                                    "longest; import a copy of another one"});
    KG_TRY(source, read_import_source(options, context));
    auto& forms = source.forms;
    std::string follow_path;
    if (follows) {
        KG_TRY(path, path_to_follow(source));
        follow_path = path;
    }
    name_left_out(forms, follows);
    KG_TRY(stores, options.dry_run ? context.stores_to_read() : context.stores());
    using enum exchange::OnDuplicate;
    KG_TRY(done, exchange::import_accounts(std::move(forms.accounts), stores->accounts(),
                                           {.dry_run = options.dry_run,
                                            .on_duplicate = options.on_duplicate == "skip"   ? skip
                                                            : options.on_duplicate == "fail" ? fail
                                                                                             : update,
                                            .follow_path = follow_path},
                                           context.clock(), context.random()));
    Verdicts verdicts(done.items.size());
    if (options.verify) verify(done.items, verdicts, *stores, context);
    const auto broken = static_cast<std::size_t>(
        std::ranges::count_if(verdicts, [](const Verdict& v) { return v.asked && !v.works; }));
    if (options.json)
        report_json(done, verdicts, broken, forms, options);
    else
        report(done, verdicts, broken, options);
    const auto bad = done.failed + broken;
    if (bad == 0) return ExitCode::ok;
    if (bad < done.items.size()) return ExitCode::partial;
    return done.failed > 0 ? ExitCode::failure : ExitCode::auth;
}

}  // namespace kg::cmd
