#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/store/records.hpp"

/// Accounts in files of other programs: what they are read from, and what they are written to
/// (account-manager 3). For the command line, and for whoever else gets such a file.
namespace kg::exchange {

struct ImportedAccount {
    store::Account account;  // without id
    std::string ref;         // e-mail, name or position, for the report; never a secret
    std::string error;       // not empty: this item could not be read
};
struct Forms {
    std::string format;  // "ide-cache", "kam-export", "kiroproxy", "list", "object", "csv", "text", ...
    std::vector<ImportedAccount> accounts;
    std::vector<std::string> left_out;  // sign-ins that are there too, by name
};

/// Any of the forms below, told apart by what is in it. One item's error does not stop the others. `source`
/// is what to call it in messages; `folder` is where a "clientIdHash" pair file may lie ("" = nowhere: what
/// comes from far away may not name files).
Result<Forms> read_forms(std::string text, const std::string& source, const std::string& folder);
/// The JSON forms J1-J5 and J9 of account-manager 3.1, camelCase or snake_case.
Result<Forms> read_json_forms(std::string text, const std::string& source, const std::string& folder);
/// The forms of account-manager 3.7: CSV with or without a known header, lines with dashes, commas, bars or
/// blanks, bare refresh tokens. Passwords are dropped.
Result<Forms> read_text_forms(std::string_view text, const std::string& source);
/// J6: kiro-auth-token.json and its registration in an SSO cache folder (account-manager 3.5). Blocking.
Result<Forms> read_ide_cache(const std::string& folder);
/// J7's database: a sign-in of kiro-cli or of the Amazon Q CLI (account-manager 3.6). `login` is its name,
/// "kirocli:social:token", or its kind, "social"; without one it is the sign-in that lasts longest.
/// Blocking.
Result<Forms> read_cli_database(const std::string& path, std::string_view login = {});

/// "Builder ID", "AWS" -> "BuilderId" and so on (account-manager 1.2); "" for what is none.
std::string provider_of(std::string_view text);

}  // namespace kg::exchange
