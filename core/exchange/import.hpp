#pragma once

#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/random.hpp"
#include "core/exchange/forms.hpp"
#include "core/store/store.hpp"

namespace kg::exchange {

/// What becomes of an account that is there already: it gets tokens that last longer, is left alone, or
/// counts as failed.
enum class OnDuplicate : std::uint8_t { update, skip, fail };

struct ImportOptions {
    bool dry_run = false;  // the same report, and nothing is written
    OnDuplicate on_duplicate = OnDuplicate::update;
    std::string follow_path;                // not empty: the accounts keep this path instead of tokens
    std::vector<std::string> groups, tags;  // that every new account gets beside its own
};

enum class ImportOutcome : std::uint8_t { added, updated, skipped, failed };
std::string_view outcome_name(ImportOutcome outcome);

struct ImportItem {
    std::string ref;  // as ImportedAccount::ref
    ImportOutcome outcome = ImportOutcome::failed;
    std::string id;             // of the account that is there now; "" when there is none
    std::string code, message;  // why it failed, or what is to be known of it; never a secret
};
struct ImportReport {
    std::vector<ImportItem> items;  // in the order of their source
    std::size_t added = 0, updated = 0, skipped = 0, failed = 0;
};

/// Puts the accounts that were read into the store, each on its own: what fails is told, the others go on
/// (account-manager 3.8). The same as one that is there is who has its refresh token or API key, else its
/// e-mail, provider and start URL. Blocks; store_failed when the store cannot even be read.
Result<ImportReport> import_accounts(std::vector<ImportedAccount> accounts, store::AccountStore& store,
                                     const ImportOptions& options, const Clock& clock, Random& random);

}  // namespace kg::exchange
