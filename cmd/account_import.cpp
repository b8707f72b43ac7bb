#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

#include "cmd/account_fields.hpp"
#include "cmd/commands.hpp"
#include "cmd/output.hpp"
#include "cmd/secret_input.hpp"
#include "core/credentials/cli_database.hpp"
#include "core/credentials/shared_file.hpp"
#include "core/exchange/forms.hpp"
#include "core/json/writer.hpp"

namespace kg::cmd {
namespace {

constexpr std::size_t kImportMaxBytes = 16u << 20;

/// What one import is about, besides its accounts.
struct Task {
    store::Stores& stores;
    Context& context;
    bool dry_run = false;
    std::string follow_path;  // not empty: the accounts keep this path instead of tokens
};

struct Item {
    std::string ref, result, id, code, message;
};

/// The stored account an incoming one is the same as: same refresh token or API key, else same
/// e-mail, provider and start URL (account-manager 3.8). Empty values never match.
const store::Account* duplicate_of(const store::Account& in, const std::vector<store::Account>& known,
                                   const std::string& follow_path) {
    for (const auto& a : known) {
        if (!follow_path.empty() && a.follow_path == follow_path) return &a;
        if (!in.refresh_token.empty() && in.refresh_token == a.refresh_token) return &a;
        if (!in.api_key.empty() && in.api_key == a.api_key) return &a;
    }
    for (const auto& a : known) {
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
Item update_one(const store::Account& in, const store::Account& same, const Task& task, Item item) {
    item.id = same.id;
    const bool follows = !task.follow_path.empty();
    const bool newer =
        same.follow_path.empty() && in.expires_at_ms > same.expires_at_ms && !in.refresh_token.empty();
    const bool changes = follows ? same.follow_path != task.follow_path : newer;
    item.result = changes ? "updated" : "skipped";
    if (!changes || task.dry_run) return item;
    auto updated = task.stores.accounts().update(same.id, [&](store::Account& a) {
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
    });
    if (updated) return item;
    item.result = "failed";
    item.code = "store";
    item.message = updated.error().message;
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
    if (const auto* same = duplicate_of(account, known, task.follow_path))
        return update_one(account, *same, task, std::move(item));
    complete_new_account(account, task.context);
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

struct Source {
    exchange::Forms forms;
    std::string path;  // "-": standard input
};

constexpr std::array<std::string_view, 3> kPrograms{"ide", "kiro-cli", "amazon-q"};

/// Where a program of this user keeps its database: below the first of the usual places that has it, else
/// below the first place.
std::string database_of(const std::string& program, const std::string& home, const Context& context) {
    std::vector<std::string> places;
    if (const auto data = context.environment()("XDG_DATA_HOME").value_or(""); data.starts_with('/'))
        places.push_back(data);
    places.push_back(home + "/.local/share");
    places.push_back(home + "/Library/Application Support");
    const auto below = "/" + program + "/data.sqlite3";
    for (const auto& place : places) {
        std::error_code failed;
        if (std::filesystem::exists(place + below, failed)) return place + below;
    }
    return places.front() + below;
}

Result<Source> read_program(const std::string& program, const Context& context) {
    const auto home = context.environment()("HOME").value_or("");
    if (home.empty()) return Err(Error{.kind = ErrorKind::malformed_request, .message = "HOME is not set"});
    Source source;
    if (program == "ide") {
        source.path = home + "/.aws/sso/cache/kiro-auth-token.json";
        KG_TRY(read, exchange::read_ide_cache(home + "/.aws/sso/cache"));
        source.forms = std::move(read);
        return source;
    }
    source.path = database_of(program, home, context);
    std::error_code failed;
    if (!std::filesystem::exists(source.path, failed))
        return Err(Error{.kind = ErrorKind::io_failed,
                         .message = source.path + " is not there; sign in with " + program +
                                    " first, or name the database"});
    KG_TRY(read, exchange::read_cli_database(source.path));
    source.forms = std::move(read);
    return source;
}

Result<Source> read_source(const AccountImportOptions& options, const Context& context) {
    if (options.from) return read_program(*options.from, context);
    Source source;
    if (!options.file && stdin_is_terminal()) {
        return Err(Error{.kind = ErrorKind::malformed_request,
                         .message = "name a file to import, `-` for stdin, or use `--from ide`"});
    }
    source.path = options.file.value_or("-");
    const auto& path = source.path;
    if (path != "-" && credentials::holds_database(path)) {
        KG_TRY(read, exchange::read_cli_database(path));
        source.forms = std::move(read);
        return source;
    }
    KG_TRY(text, read_file(path, kImportMaxBytes));
    auto folder = path == "-" ? std::string() : std::filesystem::path(path).parent_path().string();
    if (path != "-" && folder.empty()) folder = ".";
    KG_TRY(read, exchange::read_forms(std::move(text), path == "-" ? "stdin" : path, folder));
    source.forms = std::move(read);
    return source;
}

/// The absolute path of a file that holds one login and can be shared with its program.
Result<std::string> path_to_follow(const Source& source) {
    const auto refused = [](std::string why) {
        return Err(
            Error{.kind = ErrorKind::malformed_request, .message = "--mode follow: " + std::move(why)});
    };
    if (source.path == "-") return refused("name the file, it is read again and again");
    const auto& form = source.forms.format;
    if (form != "ide-cache" && form != "object" && form != "kiro-cli")
        return refused("only a file with one login can be shared, as the Kiro IDE's is");
    if (credentials::has_database_name(source.path) != (form == "kiro-cli"))
        return refused("a database must have a name that ends in .sqlite3, .sqlite or .db, a file must not");
    if (!source.forms.accounts.front().account.api_key.empty())
        return refused("an API key is never refreshed, so there is nothing to share");
    std::error_code failed;
    const auto path = std::filesystem::absolute(source.path, failed).lexically_normal();
    if (failed) return refused(failed.message());
    if (auto login = credentials::read_login(path.string()); !login) return refused(login.error().what);
    return path.string();
}

}  // namespace

Result<ExitCode> run_account_import(const AccountImportOptions& options, Context& context) {
    if (options.from && std::ranges::find(kPrograms, *options.from) == kPrograms.end()) {
        return Err(Error{.kind = ErrorKind::malformed_request,
                         .message = "--from: use ide, kiro-cli or amazon-q; other sources come as a file"});
    }
    if (options.from && options.file)
        return Err(Error{.kind = ErrorKind::malformed_request, .message = "give a file or --from, not both"});
    KG_TRY(source, read_source(options, context));
    auto& forms = source.forms;
    std::string follow_path;
    if (options.mode == "follow") {
        KG_TRY(path, path_to_follow(source));
        follow_path = path;
    }
    for (const auto& name : forms.left_out) note("not imported: " + name + ", which ends earlier");
    KG_TRY(stores, options.dry_run ? context.stores_to_read() : context.stores());
    KG_TRY(known, stores->accounts().list());
    std::vector<Item> items;
    std::size_t added = 0, updated = 0, skipped = 0, failed = 0;
    const Task task{*stores, context, options.dry_run, follow_path};
    for (auto& in : forms.accounts) {
        items.push_back(import_one(in, known, task));
        const auto& result = items.back().result;
        ++(result == "added"     ? added
           : result == "updated" ? updated
           : result == "skipped" ? skipped
                                 : failed);
    }
    if (options.json) {
        std::string out;
        json::Writer w(out);
        w.begin_object()
            .member("format", forms.format)
            .member("dry_run", options.dry_run)
            .member("total", items.size());
        w.member("added", added)
            .member("updated", updated)
            .member("skipped", skipped)
            .member("failed", failed)
            .key("items")
            .begin_array();
        for (std::size_t i = 0; i < items.size(); ++i) {
            w.begin_object().member("index", i).member("ref", items[i].ref).member("result", items[i].result);
            if (!items[i].id.empty()) w.member("id", items[i].id);
            if (!items[i].code.empty()) w.member("code", items[i].code);
            if (!items[i].message.empty()) w.member("message", items[i].message);
            w.end_object();
        }
        w.end_array().end_object();
        print_line(out);
    } else {
        for (const auto& item : items)
            print_line(item.result + "  " + item.ref + (item.id.empty() ? "" : "  " + item.id) +
                       (item.message.empty() ? "" : "  " + item.message));
        print_line(std::to_string(added) + " added, " + std::to_string(updated) + " updated, " +
                   std::to_string(skipped) + " skipped, " + std::to_string(failed) + " failed" +
                   (options.dry_run ? " (dry run: nothing written)" : ""));
    }
    if (failed == 0) return ExitCode::ok;
    return failed == items.size() ? ExitCode::failure : ExitCode::partial;
}

}  // namespace kg::cmd
