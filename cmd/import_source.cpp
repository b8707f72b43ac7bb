#include "cmd/import_source.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <vector>

#include "cmd/secret_input.hpp"
#include "core/credentials/cli_database.hpp"
#include "core/credentials/shared_file.hpp"

namespace kg::cmd {
namespace {

constexpr std::size_t kImportMaxBytes = 16u << 20;
constexpr std::array<std::string_view, 3> kPrograms{"ide", "kiro-cli", "amazon-q"};

Error refused(std::string message) {
    return {.kind = ErrorKind::malformed_request, .message = std::move(message)};
}

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

/// Where the program of this name keeps what is to be imported.
Result<std::string> place_of(const std::string& program, const Context& context) {
    const auto home = context.environment()("HOME").value_or("");
    if (home.empty()) return Err(refused("HOME is not set"));
    if (program == "ide") return home + "/.aws/sso/cache/kiro-auth-token.json";
    auto path = database_of(program, home, context);
    std::error_code failed;
    if (std::filesystem::exists(path, failed)) return path;
    return Err(
        Error{.kind = ErrorKind::io_failed,
              .message = path + " is not there; sign in with " + program + " first, or name the database"});
}

Result<exchange::Forms> read_file_forms(const std::string& path) {
    KG_TRY(text, read_file(path, kImportMaxBytes));
    if (path == "-") return exchange::read_forms(std::move(text), "stdin", "");
    const auto folder = std::filesystem::path(path).parent_path().string();
    return exchange::read_forms(std::move(text), path, folder.empty() ? "." : folder);
}

}  // namespace

Result<ImportSource> read_import_source(const AccountImportOptions& options, const Context& context) {
    if (options.from && std::ranges::find(kPrograms, *options.from) == kPrograms.end())
        return Err(refused("--from: use ide, kiro-cli or amazon-q; other sources come as a file"));
    if (options.from && options.file) return Err(refused("give a file or --from, not both"));
    if (!options.from && !options.file && stdin_is_terminal())
        return Err(refused("name a file to import, `-` for stdin, or use `--from ide`"));
    ImportSource source{.forms = {}, .path = options.file.value_or("-")};
    if (options.from) {
        KG_TRY(place, place_of(*options.from, context));
        source.path = std::move(place);
    }
    const bool ide = options.from == "ide";
    const bool database =
        !ide && (options.from || (source.path != "-" && credentials::holds_database(source.path)));
    if (options.login && !database)
        return Err(refused("--login: only a database of kiro-cli holds several sign-ins"));
    auto forms = ide        ? exchange::read_ide_cache(std::filesystem::path(source.path).parent_path())
                 : database ? exchange::read_cli_database(source.path, options.login.value_or(""))
                            : read_file_forms(source.path);
    if (!forms) return Err(std::move(forms).error());
    source.forms = std::move(*forms);
    return source;
}

Result<std::string> path_to_follow(const ImportSource& source) {
    const auto no = [](const std::string& why) { return Err(refused("--mode follow: " + why)); };
    if (source.path == "-") return no("name the file, it is read again and again");
    const auto& form = source.forms.format;
    if (form != "ide-cache" && form != "object" && form != "kiro-cli")
        return no("only a file with one login can be shared, as the Kiro IDE's is");
    if (credentials::has_database_name(source.path) != (form == "kiro-cli"))
        return no("a database must have a name that ends in .sqlite3, .sqlite or .db, a file must not");
    if (!source.forms.accounts.front().account.api_key.empty())
        return no("an API key is never refreshed, so there is nothing to share");
    std::error_code failed;
    const auto path = std::filesystem::absolute(source.path, failed).lexically_normal();
    if (failed) return no(failed.message());
    if (auto login = credentials::read_login(path.string()); !login) return no(login.error().what);
    return path.string();
}

}  // namespace kg::cmd
