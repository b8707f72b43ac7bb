#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

#include "cmd/commands.hpp"
#include "cmd/output.hpp"
#include "cmd/secret_input.hpp"
#include "core/credentials/cli_database.hpp"
#include "core/credentials/shared_file.hpp"
#include "core/exchange/import.hpp"
#include "core/json/writer.hpp"

namespace kg::cmd {
namespace {

constexpr std::size_t kImportMaxBytes = 16u << 20;

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
    KG_TRY(report, exchange::import_accounts(std::move(forms.accounts), stores->accounts(),
                                             {.dry_run = options.dry_run, .follow_path = follow_path},
                                             context.clock(), context.random()));
    const auto& items = report.items;
    if (options.json) {
        std::string out;
        json::Writer w(out);
        w.begin_object()
            .member("format", forms.format)
            .member("dry_run", options.dry_run)
            .member("total", items.size());
        w.member("added", report.added)
            .member("updated", report.updated)
            .member("skipped", report.skipped)
            .member("failed", report.failed)
            .key("items")
            .begin_array();
        for (std::size_t i = 0; i < items.size(); ++i) {
            w.begin_object()
                .member("index", i)
                .member("ref", items[i].ref)
                .member("result", exchange::outcome_name(items[i].outcome));
            if (!items[i].id.empty()) w.member("id", items[i].id);
            if (!items[i].code.empty()) w.member("code", items[i].code);
            if (!items[i].message.empty()) w.member("message", items[i].message);
            w.end_object();
        }
        w.end_array().end_object();
        print_line(out);
    } else {
        for (const auto& item : items)
            print_line(std::string(exchange::outcome_name(item.outcome)) + "  " + item.ref +
                       (item.id.empty() ? "" : "  " + item.id) +
                       (item.message.empty() ? "" : "  " + item.message));
        print_line(std::to_string(report.added) + " added, " + std::to_string(report.updated) + " updated, " +
                   std::to_string(report.skipped) + " skipped, " + std::to_string(report.failed) + " failed" +
                   (options.dry_run ? " (dry run: nothing written)" : ""));
    }
    if (report.failed == 0) return ExitCode::ok;
    return report.failed == items.size() ? ExitCode::failure : ExitCode::partial;
}

}  // namespace kg::cmd
