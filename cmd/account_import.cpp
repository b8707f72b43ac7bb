#include <filesystem>

#include "cmd/account_fields.hpp"
#include "cmd/commands.hpp"
#include "cmd/credential_forms.hpp"
#include "cmd/output.hpp"
#include "cmd/secret_input.hpp"
#include "core/json/writer.hpp"

namespace kg::cmd {
namespace {

constexpr std::size_t kImportMaxBytes = 16u << 20;

struct Item {
    std::string ref, result, id, code, message;
};

/// The stored account an incoming one is the same as: same refresh token or API key, else same
/// e-mail, provider and start URL (account-manager 3.8). Empty values never match.
const store::Account* duplicate_of(const store::Account& in, const std::vector<store::Account>& known) {
    for (const auto& a : known) {
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

Item import_one(ImportedAccount& in, std::vector<store::Account>& known, store::Stores& stores,
                Context& context, bool dry_run) {
    Item item{.ref = in.ref};
    const auto failed = [&item](std::string code, const std::string& message) {
        item.result = "failed";
        item.code = std::move(code);
        item.message = message;
        return item;
    };
    if (!in.error.empty()) return failed("unreadable", in.error);
    auto& account = in.account;
    if (const auto* same = duplicate_of(account, known)) {
        item.id = same->id;
        const bool newer = account.expires_at_ms > same->expires_at_ms && !account.refresh_token.empty();
        item.result = newer ? "updated" : "skipped";
        if (!newer || dry_run) return item;
        auto updated = stores.accounts().update(same->id, [&](store::Account& a) {
            a.access_token = account.access_token;
            a.refresh_token = account.refresh_token;
            a.expires_at_ms = account.expires_at_ms;
            if (!account.client_id.empty()) a.client_id = account.client_id;
            if (!account.client_secret.empty()) a.client_secret = account.client_secret;
            ++a.token_generation;
            a.state = "unknown";
            a.state_reason.clear();
            a.state_since_ms = to_ms(context.clock().wall());
            return true;
        });
        return updated ? item : failed("store", updated.error().message);
    }
    complete_new_account(account, context);
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
    if (!dry_run) {
        if (auto added = stores.accounts().add(account); !added)
            return failed("store", added.error().message);
    }
    known.push_back(account);
    return item;
}

}  // namespace

Result<ExitCode> run_account_import(const AccountImportOptions& options, Context& context) {
    if (options.from && *options.from != "ide") {
        return Err(Error{.kind = ErrorKind::malformed_request,
                         .message = "--from: this version knows `ide`; other sources come as a JSON file"});
    }
    if (options.from && options.file)
        return Err(Error{.kind = ErrorKind::malformed_request, .message = "give a file or --from, not both"});
    Forms forms;
    if (options.from) {
        const auto home = context.environment()("HOME").value_or("");
        if (home.empty())
            return Err(Error{.kind = ErrorKind::malformed_request, .message = "HOME is not set"});
        KG_TRY(read, read_ide_cache(home + "/.aws/sso/cache"));
        forms = std::move(read);
    } else {
        if (!options.file && stdin_is_terminal()) {
            return Err(Error{.kind = ErrorKind::malformed_request,
                             .message = "name a file to import, `-` for stdin, or use `--from ide`"});
        }
        const auto path = options.file.value_or("-");
        KG_TRY(text, read_file(path, kImportMaxBytes));
        auto folder = path == "-" ? std::string() : std::filesystem::path(path).parent_path().string();
        if (path != "-" && folder.empty()) folder = ".";
        KG_TRY(read, read_forms(std::move(text), path == "-" ? "stdin" : path, folder));
        forms = std::move(read);
    }
    KG_TRY(stores, context.stores());
    KG_TRY(known, stores->accounts().list());
    std::vector<Item> items;
    std::size_t added = 0, updated = 0, skipped = 0, failed = 0;
    for (auto& in : forms.accounts) {
        items.push_back(import_one(in, known, *stores, context, options.dry_run));
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
