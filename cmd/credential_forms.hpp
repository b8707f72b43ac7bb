#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/store/records.hpp"

namespace kg::cmd {

struct ImportedAccount {
    store::Account account;  // without id
    std::string ref;         // e-mail, name or position, for the report; never a secret
    std::string error;       // not empty: this item could not be read
};
struct Forms {
    std::string format;  // "ide-cache", "kam-export", "kiroproxy", "list", "object", ...
    std::vector<ImportedAccount> accounts;
};

/// The JSON forms J1-J5 and J9 of account-manager 3.1, camelCase or snake_case; one item's error
/// does not stop the others. `folder` is where a "clientIdHash" pair file may lie ("" = nowhere).
Result<Forms> read_forms(std::string text, const std::string& source, const std::string& folder);
/// J6: kiro-auth-token.json and its registration in an SSO cache folder (account-manager 3.5).
Result<Forms> read_ide_cache(const std::string& folder);

}  // namespace kg::cmd
