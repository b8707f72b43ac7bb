#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/credentials/shared_file.hpp"

/// The database of kiro-cli and of its predecessor, the Amazon Q CLI (account-manager 3.6, kiro-upstream
/// 5.3): table auth_kv, a row a kind of sign-in, values in JSON. Everything here blocks on the disk.
namespace kg::credentials {

/// Whether it has a name as databases have: .sqlite3, .sqlite, .db. What is followed is told by its name
/// alone, because opening and closing a file drops all locks that this process's SQLite holds on it.
bool has_database_name(const std::string& path);
/// Whether it begins as databases do, whatever its name; for a process that has not opened it. False for
/// what cannot be read.
bool holds_database(const std::string& path);

struct CliLogin {
    std::string key;  // of its row, "kirocli:social:token"
    SharedLogin login;
    std::string start_url;  // idc
};
/// The sign-ins in it, the one that lasts longest first; never empty. `missing`: its program is signed
/// out; `failed`: this is no such database. Opens it for reading alone.
Result<std::vector<CliLogin>, FileFailure> read_cli_logins(const std::string& path);

/// A refresh of the sign-in that lasts longest. The lock among gateways is flock(2) on the folder: SQLite's
/// own locks would hold kiro-cli up for as long as a refresh takes, and closing a second descriptor of the
/// database would drop them. kiro-cli itself, which locks nothing, is noticed by the refresh token that lies
/// in the row: compared and replaced in one transaction.
Result<std::unique_ptr<FileRefresh>, FileFailure> begin_cli_refresh(const std::string& path);

}  // namespace kg::credentials
