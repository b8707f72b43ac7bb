#include <unordered_set>

#include "core/base/ascii.hpp"
#include "core/exchange/export.hpp"
#include "core/exchange/import.hpp"
#include "core/store/ids.hpp"
#include "daemon/admin/account_fields.hpp"
#include "daemon/admin/account_select.hpp"
#include "daemon/admin/batch_job.hpp"
#include "daemon/admin/json_out.hpp"
#include "daemon/admin/verbs.hpp"

/// Accounts in the forms of other programs (account-manager 3): POST /api/accounts/import and /export.
namespace kg::admin::verbs {
namespace {

/// ?groups=a,b
Result<std::vector<std::string>, Failure> query_labels(std::string_view query, std::string_view name) {
    std::vector<std::string> out;
    const auto text = query_text(query, name);
    for (std::string_view rest = text; !rest.empty();) {
        const auto comma = rest.find(',');
        const auto label = ascii::trim(rest.substr(0, comma));
        if (!store::valid_account_name(label) || label == "none" || out.size() == kLabelsMax)
            return Err(bad_query(std::string(name), "use at most 64 names of letters, digits, . _ -"));
        out.emplace_back(label);
        if (comma == rest.npos) break;
        rest.remove_prefix(comma + 1);
    }
    return out;
}

Result<bool, Failure> query_flag(std::string_view query, std::string_view name) {
    const auto text = query_text(query, name);
    if (text.empty() || text == "false") return false;
    if (text == "true") return true;
    return Err(bad_query(std::string(name), "use true or false"));
}

Result<exchange::ImportOptions, Failure> read_options(const Call& call) {
    exchange::ImportOptions out;
    KG_TRY(dry_run, query_flag(call.query, "dryRun"));
    out.dry_run = dry_run;
    const auto existing = query_text(call.query, "existing");
    if (!existing.empty() && existing != "update" && existing != "skip")
        return Err(bad_query("existing", "use update or skip"));
    out.on_duplicate = existing == "skip" ? exchange::OnDuplicate::skip : exchange::OnDuplicate::update;
    KG_TRY(groups, query_labels(call.query, "groups"));
    out.groups = std::move(groups);
    KG_TRY(tags, query_labels(call.query, "tags"));
    out.tags = std::move(tags);
    return out;
}

void write_item(json::Writer& w, const exchange::ImportItem& item, std::size_t index) {
    w.begin_object().member("index", index).member("ref", item.ref);
    w.member("result", exchange::outcome_name(item.outcome));
    write_text(w, "id", item.id);
    write_text(w, "code", item.code);
    write_text(w, "message", item.message);
    w.end_object();
}

Reply import_now(Call& call, store::Stores& stores, const exchange::ImportOptions& options) {
    auto& parts = call.office.parts();
    auto forms = exchange::read_forms(std::move(call.text), "the body", "");
    if (!forms) {
        auto failure = failure_of(forms.error());
        failure.status = 422;
        failure.code = "unreadable";
        failure.message = forms.error().message;
        return Err(std::move(failure));
    }
    for (auto& in : forms->accounts) in.account.source = "api:" + forms->format;
    KG_ASK(report, exchange::import_accounts(std::move(forms->accounts), stores.accounts(), options,
                                             parts.clock, parts.random));
    std::string body;
    json::Writer w(body);
    w.begin_object().member("format", forms->format).member("dryRun", options.dry_run);
    w.member("total", report.items.size()).member("added", report.added).member("updated", report.updated);
    w.member("skipped", report.skipped).member("failed", report.failed);
    write_texts(w, "leftOut", forms->left_out);
    w.key("items").begin_array();
    for (std::size_t i = 0; i < report.items.size(); ++i) write_item(w, report.items[i], i);
    w.end_array().end_object();
    if (options.dry_run || report.added + report.updated == 0) return json_response(200, std::move(body));
    parts.changed();
    for (const auto& item : report.items) {
        const bool fresh = item.outcome == exchange::ImportOutcome::added;
        if (!fresh && item.outcome != exchange::ImportOutcome::updated) continue;
        call.did(fresh ? "account.create" : "account.update", item.id, R"({"by":"import"})");
    }
    return json_response(200, std::move(body));
}

struct ExportWish {
    exchange::Format format = exchange::Format::kirogate;
    std::optional<AccountSelection> select;
    bool secrets = false;
    std::optional<std::string> password;
};

Result<ExportWish, Failure> read_wish(json::Node body) {
    ExportWish out;
    Fields fields(body);
    if (const auto name = fields.text("format", 32)) {
        if (const auto format = exchange::parse_format(*name))
            out.format = *format;
        else
            fields.refuse("format", "use one of " + exchange::format_names());
    }
    out.secrets = fields.flag("secrets").value_or(false);
    out.password = fields.text("password", 512);
    KG_TRY(select, AccountSelection::read(fields));
    out.select = std::move(select);
    if (out.secrets && out.format == exchange::Format::summary)
        fields.refuse("secrets", "a summary never has secrets; choose another format");
    if (out.secrets && !out.password)
        fields.refuse("password", "field required: secrets leave only for who shows the admin password anew");
    KG_CHECK(fields.finish());
    return out;
}

Reply export_now(Call& call, store::Stores& stores, const ExportWish& wish) {
    KG_ASK(accounts, stores.accounts().list());
    if (wish.select) {
        KG_TRY(ids, wish.select->ids(call.office, stores));
        const std::unordered_set<std::string_view> wanted(ids.begin(), ids.end());
        std::erase_if(accounts, [&](const store::Account& a) { return !wanted.contains(a.id); });
    }
    // Their login lies in a file of another program, and would be rotated under it.
    const auto left_out =
        wish.secrets ? std::erase_if(accounts, [](const auto& a) { return !a.follow_path.empty(); }) : 0;
    const bool is_json = wish.format == exchange::Format::kirogate || wish.format == exchange::Format::kam ||
                         wish.format == exchange::Format::kiro_rs || wish.format == exchange::Format::minimal;
    const bool is_csv = wish.format == exchange::Format::csv;
    auto response = json_response(200, exchange::export_accounts(accounts, wish.format, wish.secrets,
                                                                 call.office.parts().clock.wall()));
    response.headers.set("content-type", is_json  ? "application/json"
                                         : is_csv ? "text/csv; charset=utf-8"
                                                  : "text/plain; charset=utf-8");
    response.headers.add("content-disposition", std::string("attachment; filename=\"kirogate-accounts.") +
                                                    (is_json  ? "json"
                                                     : is_csv ? "csv"
                                                              : "txt") +
                                                    "\"");
    response.headers.add("x-kirogate-accounts", std::to_string(accounts.size()));
    response.headers.add("x-kirogate-left-out", std::to_string(left_out));
    std::string detail;
    json::Writer w(detail);
    w.begin_object().member("format", exchange::format_name(wish.format)).member("secrets", wish.secrets);
    w.member("accounts", accounts.size()).end_object();
    call.did("account.export", "", std::move(detail));
    return response;
}

}  // namespace

/// The body is the file itself, in any form that core/exchange reads.
void import_accounts(std::unique_ptr<Call> call, Done done) {
    auto options = read_options(*call);
    if (!options) return done(std::move(call), Err(std::move(options).error()));
    if (ascii::is_blank(call->text))
        return done(std::move(call), Err(invalid("", "the body is the file to import; it is empty")));
    run_batch(std::move(call), std::move(done),
              [options = std::move(*options)](Call& request, store::Stores& stores) {
                  return import_now(request, stores, options);
              });
}

void export_accounts(std::unique_ptr<Call> call, Done done) {
    auto wish = read_wish(call->body());
    if (!wish) return done(std::move(call), Err(std::move(wish).error()));
    auto begin = [](std::unique_ptr<Call> request, Done answer, ExportWish wanted) {
        run_batch(
            std::move(request), std::move(answer),
            [wanted = std::move(wanted)](Call& c, store::Stores& s) { return export_now(c, s, wanted); });
    };
    if (!wish->secrets) return begin(std::move(call), std::move(done), std::move(*wish));
    struct Held {
        std::unique_ptr<Call> call;
        Done done;
        ExportWish wish;
    };
    auto& guard = call->office.guard();
    const auto door = call->door;
    const auto address = call->ip;
    Secret password(*wish->password);
    auto held = std::make_shared<Held>(Held{std::move(call), std::move(done), std::move(*wish)});
    guard.check_password(door, std::move(password), address, [held, begin](std::optional<Failure> failure) {
        if (!failure) return begin(std::move(held->call), std::move(held->done), std::move(held->wish));
        if (failure->status == 401) {  // the session stays what it is
            failure->status = 403;
            failure->code = "not_confirmed";
            failure->message = "this is not the admin password";
            failure->field = "password";
        }
        held->done(std::move(held->call), Err(std::move(*failure)));
    });
}

}  // namespace kg::admin::verbs
