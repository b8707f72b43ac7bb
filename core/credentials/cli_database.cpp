#include "core/credentials/cli_database.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "core/base/ascii.hpp"
#include "core/base/scope_exit.hpp"
#include "core/credentials/small_file.hpp"
#include "core/json/document.hpp"
#include "core/kiro/account.hpp"
#include "core/sqlite/database.hpp"

namespace kg::credentials {
namespace {

using sqlite::Database;

constexpr std::chrono::milliseconds kBusyTimeout{1'000};
constexpr std::string_view kMagic{"SQLite format 3\0", 16};

struct Kind {
    const char* token;
    const char* auth_method;
    const char* registration;  // of the client; "": it needs none, or names it itself
};
/// In the order in which kiro-cli looks for them.
constexpr std::array<Kind, 5> kKinds{{
    {"kirocli:external-idp:token", "external-idp", ""},
    {"kirocli:social:token", "social", ""},
    {"kirocli:odic:token", "idc", "kirocli:odic:device-registration"},
    {"kirocli:oidc:token", "idc", "kirocli:odic:device-registration"},
    {"codewhisperer:odic:token", "idc", "codewhisperer:odic:device-registration"},
}};

FileFailure failed(const Database& db, const Error& error) {
    return {db.is_busy() ? FileFailure::Kind::busy : FileFailure::Kind::failed,
            db.path() + ": " + error.message};
}
FileFailure failed(const std::string& path, const Error& error) {
    return {FileFailure::Kind::failed, path + ": " + error.message};
}

Result<Database, FileFailure> open_database(const std::string& path, Database::Access access) {
    auto db = Database::open(path, access, kBusyTimeout);
    if (!db && ::access(path.c_str(), F_OK) != 0) return Err(system_failure("open", path, errno));
    if (!db) return Err(failed(path, db.error()));
    // It is another program's: nothing in its schema is to be trusted.
    if (auto set = db->execute("PRAGMA trusted_schema=OFF"); !set) return Err(failed(*db, set.error()));
    return std::move(*db);
}

/// The value of one row; nothing when there is none, or one too large to be a sign-in.
Result<std::optional<std::string>, FileFailure> value_of(Database& db, const char* table,
                                                         std::string_view key) {
    static_assert(kCredentialFileMaxBytes == 65'536);
    auto statement = db.prepare("SELECT value FROM " + std::string(table) +
                                " WHERE key = ?1 AND length(CAST(value AS BLOB)) <= 65536");
    if (!statement) return Err(failed(db, statement.error()));
    auto row = statement->bind(key).step();
    if (!row) return Err(failed(db, row.error()));
    if (!*row) return std::optional<std::string>();
    return std::optional(statement->text(0));
}

Result<bool, FileFailure> has_table(Database& db, std::string_view name) {
    auto statement = db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?1");
    if (!statement) return Err(failed(db, statement.error()));
    auto row = statement->bind(name).step();
    if (!row) return Err(failed(db, row.error()));
    return *row;
}

void read_registration(const std::string& text, SharedLogin& login) {
    const auto document = json::Document::parse(text);
    if (!document) return;
    login.client_id = document->root()["client_id"].text();
    login.client_secret = Secret(std::string(document->root()["client_secret"].text()));
}

std::string json_string(const std::optional<std::string>& text) {
    if (!text) return {};
    const auto document = json::Document::parse(*text);
    return document ? std::string(document->root().text()) : std::string();
}

/// What the rows of kiro-cli say in words of their own.
CliLogin interpret(const Kind& kind, SharedLogin login, const std::string& text) {
    CliLogin out{.key = kind.token, .login = std::move(login), .start_url = {}};
    out.login.auth_method = kind.auth_method;
    const auto document = json::Document::parse(text);
    if (!document) return out;
    const auto root = document->root();
    out.start_url = root["start_url"].text();
    if (root["scopes"].is_array()) {
        out.login.scopes.clear();
        for (const auto scope : root["scopes"].children())
            out.login.scopes.append(out.login.scopes.empty() ? "" : " ").append(scope.text());
    }
    const auto provider = ascii::to_lower(out.login.provider);
    if (provider == "google") out.login.provider = "Google";
    if (provider == "github") out.login.provider = "Github";
    if (out.login.auth_method == "idc") {
        const bool builder =
            out.start_url.empty() || out.start_url.find("view.awsapps.com") != std::string::npos;
        out.login.provider = builder ? "BuilderId" : "Enterprise";
    }
    return out;
}

Result<std::vector<CliLogin>, FileFailure> read_logins(Database& db) {
    auto known = has_table(db, "auth_kv");
    if (!known) return Err(std::move(known).error());
    if (!*known)
        return Err(FileFailure{FileFailure::Kind::failed,
                               db.path() + " is not kiro-cli's database: it has no table auth_kv"});
    std::vector<CliLogin> out;
    for (const auto& kind : kKinds) {
        auto text = value_of(db, "auth_kv", kind.token);
        if (!text) return Err(std::move(text).error());
        if (!*text) continue;
        auto login = parse_login(**text, "");
        if (!login) continue;  // signed out, or of a form to come
        auto& one = out.emplace_back(interpret(kind, std::move(*login), **text));
        if (*kind.registration == '\0') continue;
        auto registration = value_of(db, "auth_kv", kind.registration);
        if (!registration) return Err(std::move(registration).error());
        if (*registration) read_registration(**registration, one.login);
    }
    if (out.empty())
        return Err(FileFailure{FileFailure::Kind::missing,
                               db.path() + " holds no sign-in: its program is signed out"});
    std::ranges::stable_sort(out, std::ranges::greater(),
                             [](const CliLogin& one) { return one.login.expires_at_ms; });

    auto has_state = has_table(db, "state");
    if (!has_state) return Err(std::move(has_state).error());
    if (!*has_state) return out;
    auto profile = value_of(db, "state", "api.codewhisperer.profile");
    if (!profile) return Err(std::move(profile).error());
    auto region = value_of(db, "state", "auth.idc.region");
    if (!region) return Err(std::move(region).error());
    std::string arn;
    if (*profile) {
        if (const auto document = json::Document::parse(**profile)) arn = document->root()["arn"].text();
    }
    const auto idc_region = json_string(*region);
    for (auto& one : out) {
        if (one.login.auth_method == "social") continue;
        if (one.login.profile_arn.empty() && kiro::valid_profile_arn(arn)) one.login.profile_arn = arn;
        if (one.login.auth_region.empty() && kiro::valid_region(idc_region))
            one.login.auth_region = idc_region;
    }
    return out;
}

class CliRefresh final : public FileRefresh {
  public:
    CliRefresh(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
    CliRefresh(const CliRefresh&) = delete;
    CliRefresh& operator=(const CliRefresh&) = delete;
    ~CliRefresh() override { ::close(fd_); }  // unlocks

    Result<void, FileFailure> read() {
        auto db = open_database(path_, Database::Access::write);
        if (!db) {
            obstacle_ = db.error().what;
            auto readable = open_database(path_, Database::Access::read);
            if (!readable) return Err(std::move(readable).error());
            return take(*readable);
        }
        {
            // What could not be written later shows now.
            auto transaction = sqlite::Transaction::begin(*db);
            if (!transaction && db->is_busy()) return Err(failed(*db, transaction.error()));
            if (!transaction) obstacle_ = failed(*db, transaction.error()).what;
        }
        return take(*db);
    }

    Result<Outcome, FileFailure> write_back(const NewTokens& tokens) override {
        // Not kept open meanwhile: kiro-cli may be updated, or its file replaced.
        auto db = open_database(path_, Database::Access::write);
        if (!db && db.error().kind == FileFailure::Kind::missing) return Outcome::superseded;
        if (!db) return Err(std::move(db).error());
        auto transaction = sqlite::Transaction::begin(*db);
        if (!transaction) return Err(failed(*db, transaction.error()));
        auto text = value_of(*db, "auth_kv", key_);
        if (!text) return Err(std::move(text).error());
        if (!*text) return Outcome::superseded;
        const auto now = parse_login(**text, "");
        if (!now || !(now->refresh_token == login_.refresh_token)) return Outcome::superseded;
        auto changed = with_tokens(std::move(**text), tokens);
        if (!changed) return Err(std::move(changed).error());
        {
            auto statement = db->prepare("UPDATE auth_kv SET value = ?2 WHERE key = ?1");
            if (!statement) return Err(failed(*db, statement.error()));
            if (auto done = statement->bind(key_, *changed).run(); !done)
                return Err(failed(*db, done.error()));
        }
        if (auto done = transaction->commit(); !done) return Err(failed(*db, done.error()));
        return Outcome::written;
    }

  private:
    Result<void, FileFailure> take(Database& db) {
        auto logins = read_logins(db);
        if (!logins) return Err(std::move(logins).error());
        key_ = logins->front().key;
        login_ = std::move(logins->front().login);
        return {};
    }

    const std::string path_;
    const int fd_;  // of the folder; holds the lock
    std::string key_;
};

}  // namespace

bool has_database_name(const std::string& path) {
    const std::string_view name = path;
    return name.ends_with(".sqlite3") || name.ends_with(".sqlite") || name.ends_with(".db");
}

bool holds_database(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return false;
    const ScopeExit close_fd([fd] { ::close(fd); });
    std::array<char, kMagic.size()> head{};
    return ::pread(fd, head.data(), head.size(), 0) == static_cast<ssize_t>(head.size()) &&
           std::string_view(head.data(), head.size()) == kMagic;
}

Result<std::vector<CliLogin>, FileFailure> read_cli_logins(const std::string& path) {
    auto db = open_database(path, Database::Access::read);
    if (!db) return Err(std::move(db).error());
    return read_logins(*db);
}

Result<std::unique_ptr<FileRefresh>, FileFailure> begin_cli_refresh(const std::string& path) {
    const auto folder = folder_of(path);
    const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return Err(system_failure("open", folder, errno));
    auto refresh = std::make_unique<CliRefresh>(path, fd);
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK || errno == EINTR)
            return Err(FileFailure{FileFailure::Kind::busy, folder + " is locked by another process"});
        return Err(system_failure("lock", folder, errno));
    }
    if (auto read = refresh->read(); !read) return Err(std::move(read).error());
    return std::unique_ptr<FileRefresh>(std::move(refresh));
}

}  // namespace kg::credentials
