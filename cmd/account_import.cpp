#include <algorithm>
#include <optional>

#include "cmd/account_fields.hpp"
#include "cmd/commands.hpp"
#include "cmd/import_source.hpp"
#include "cmd/login_report.hpp"
#include "cmd/output.hpp"
#include "core/json/writer.hpp"

namespace kg::cmd {
namespace {

enum class OnDuplicate : std::uint8_t { update, skip, fail };

/// What one import is about, besides its accounts.
struct Task {
    store::Stores& stores;
    Context& context;
    bool dry_run = false;
    std::string follow_path;  // not empty: the accounts keep this path instead of tokens
    OnDuplicate on_duplicate = OnDuplicate::update;
};

struct Item {
    std::string ref, result, id, code, message;
    std::optional<bool> works{};  // as upstream says; nothing: not asked
    std::string plan, trouble;    // why it does not
};

/// The stored account an incoming one is the same as: same refresh token or API key, else same
/// e-mail, provider and start URL (account-manager 3.8). Empty values never match.
store::Account* duplicate_of(const store::Account& in, std::vector<store::Account>& known,
                             const std::string& follow_path) {
    for (auto& a : known) {
        if (!follow_path.empty() && a.follow_path == follow_path) return &a;
        if (!in.refresh_token.empty() && in.refresh_token == a.refresh_token) return &a;
        if (!in.api_key.empty() && in.api_key == a.api_key) return &a;
    }
    for (auto& a : known) {
        if (!in.email.empty() && in.email == a.email && in.provider == a.provider &&
            in.start_url == a.start_url)
            return &a;
    }
    return nullptr;
}

/// From now on the login of this account is what the file says; nothing of it is kept here.
void follow(const std::string& path, store::Account& a) {
    a.follow_path = path;
    a.access_token = a.refresh_token = a.client_secret = Secret();
    a.client_id.clear();
    a.expires_at_ms = 0;
}

/// The account is there already: it gets tokens that last longer, or begins to follow the file.
Item update_one(const store::Account& in, store::Account& same, const Task& task, Item item) {
    item.id = same.id;
    const bool follows = !task.follow_path.empty();
    const bool newer =
        same.follow_path.empty() && in.expires_at_ms > same.expires_at_ms && !in.refresh_token.empty();
    const bool changes = follows ? same.follow_path != task.follow_path : newer;
    item.result = changes ? "updated" : "skipped";
    if (!changes) return item;
    const auto change = [&](store::Account& a) {
        if (follows) {
            follow(task.follow_path, a);
        } else {
            a.access_token = in.access_token;
            a.refresh_token = in.refresh_token;
            a.expires_at_ms = in.expires_at_ms;
            if (!in.client_id.empty()) a.client_id = in.client_id;
            if (!in.client_secret.empty()) a.client_secret = in.client_secret;
        }
        ++a.token_generation;
        a.state = "unknown";
        a.state_reason.clear();
        a.state_since_ms = to_ms(task.context.clock().wall());
        return true;
    };
    if (!task.dry_run) {
        if (auto updated = task.stores.accounts().update(same.id, change); !updated) {
            item.result = "failed";
            item.code = "store";
            item.message = updated.error().message;
            return item;
        }
    }
    change(same);  // what comes of the same account is compared with this
    return item;
}

Item import_one(exchange::ImportedAccount& in, std::vector<store::Account>& known, const Task& task) {
    Item item{.ref = in.ref};
    const auto failed = [&item](std::string code, const std::string& message) {
        item.result = "failed";
        item.code = std::move(code);
        item.message = message;
        return item;
    };
    if (!in.error.empty()) return failed("unreadable", in.error);
    auto& account = in.account;
    if (auto* same = duplicate_of(account, known, task.follow_path)) {
        item.id = same->id;
        if (task.on_duplicate == OnDuplicate::fail) return failed("duplicate", "it is here already");
        if (task.on_duplicate == OnDuplicate::update)
            return update_one(account, *same, task, std::move(item));
        item.result = "skipped";
        return item;
    }
    complete_new_account(account, task.context);
    // Lists are in order of creation: accounts of one millisecond stay in the order of their file.
    if (!known.empty())
        account.created_at_ms = std::max(account.created_at_ms, known.back().created_at_ms + 1);
    if (account.auth_method == "idc" && (account.client_id.empty() || account.client_secret.empty())) {
        item.message =
            "its client registration is missing: it works until its access token expires and "
            "cannot be refreshed";
    } else if (auto checked = check_token(account); !checked) {
        return failed("token", checked.error().message);
    }
    if (!account.name.empty()) {
        for (const auto& a : known) {
            if (a.name == account.name) account.name.clear();  // names are unique; the id remains
        }
    }
    item.id = account.id;
    item.result = "added";
    if (!task.follow_path.empty()) follow(task.follow_path, account);
    if (!task.dry_run) {
        if (auto added = task.stores.accounts().add(account); !added)
            return failed("store", added.error().message);
    }
    known.push_back(account);
    return item;
}

/// Asks upstream about what was added or updated.
void verify(std::vector<Item>& items, store::Stores& stores, Context& context) {
    std::vector<CheckedLogin> logins;
    std::vector<Item*> asked;
    for (auto& item : items) {
        if (item.result != "added" && item.result != "updated") continue;
        auto& login = logins.emplace_back();
        login.ref = item.ref;
        asked.push_back(&item);
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
        asked[i]->works = done && !login.error;
        asked[i]->plan = login.plan;
        if (login.error)
            asked[i]->trouble = login.error->message;
        else if (!done)
            asked[i]->trouble = done.error().message;
    }
}

struct Sums {
    std::size_t added = 0, updated = 0, skipped = 0, failed = 0, broken = 0;
};

Sums sums_of(const std::vector<Item>& items) {
    Sums out;
    for (const auto& item : items) {
        ++(item.result == "added"     ? out.added
           : item.result == "updated" ? out.updated
           : item.result == "skipped" ? out.skipped
                                      : out.failed);
        if (!item.works.value_or(true)) ++out.broken;
    }
    return out;
}

void report_json(const std::vector<Item>& items, const Sums& sums, const exchange::Forms& forms,
                 const AccountImportOptions& options) {
    std::string out;
    json::Writer w(out);
    w.begin_object().member("format", forms.format).member("dry_run", options.dry_run);
    w.member("total", items.size()).member("added", sums.added).member("updated", sums.updated);
    w.member("skipped", sums.skipped).member("failed", sums.failed);
    if (options.verify) w.member("not_working", sums.broken);
    w.key("left_out").begin_array();
    for (const auto& name : forms.left_out) w.string(name);
    w.end_array().key("items").begin_array();
    for (std::size_t i = 0; i < items.size(); ++i) {
        const auto& item = items[i];
        w.begin_object().member("index", i).member("ref", item.ref).member("result", item.result);
        if (!item.id.empty()) w.member("id", item.id);
        if (!item.code.empty()) w.member("code", item.code);
        if (!item.message.empty()) w.member("message", item.message);
        if (item.works) w.member("works", *item.works).member("plan", item.plan);
        if (!item.trouble.empty()) w.member("error", item.trouble);
        w.end_object();
    }
    w.end_array().end_object();
    print_line(out);
}

void report(const std::vector<Item>& items, const Sums& sums, const AccountImportOptions& options) {
    for (const auto& item : items) {
        auto line = item.result + "  " + item.ref + (item.id.empty() ? "" : "  " + item.id) +
                    (item.message.empty() ? "" : "  " + item.message);
        if (item.works)
            line += !*item.works ? "  does not work: " + item.trouble
                                 : "  works" + (item.plan.empty() ? "" : ", " + item.plan);
        print_line(line);
    }
    print_line(std::to_string(sums.added) + " added, " + std::to_string(sums.updated) + " updated, " +
               std::to_string(sums.skipped) + " skipped, " + std::to_string(sums.failed) + " failed" +
               (options.verify ? ", " + std::to_string(sums.broken) + " not working" : "") +
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
    KG_TRY(known, stores->accounts().list());
    const Task task{.stores = *stores,
                    .context = context,
                    .dry_run = options.dry_run,
                    .follow_path = follow_path,
                    .on_duplicate = options.on_duplicate == "skip"   ? OnDuplicate::skip
                                    : options.on_duplicate == "fail" ? OnDuplicate::fail
                                                                     : OnDuplicate::update};
    std::vector<Item> items;
    for (auto& in : forms.accounts) items.push_back(import_one(in, known, task));
    if (options.verify) verify(items, *stores, context);
    const auto sums = sums_of(items);
    if (options.json)
        report_json(items, sums, forms, options);
    else
        report(items, sums, options);
    const auto bad = sums.failed + sums.broken;
    if (bad == 0) return ExitCode::ok;
    if (bad < items.size()) return ExitCode::partial;
    return sums.failed > 0 ? ExitCode::failure : ExitCode::auth;
}

}  // namespace kg::cmd
