#pragma once

#include <memory>
#include <span>
#include <string>

#include "core/store/sqlite/account_store.hpp"
#include "core/store/sqlite/admin_store.hpp"
#include "core/store/sqlite/history_store.hpp"
#include "core/store/sqlite/key_store.hpp"
#include "core/store/sqlite/migrate.hpp"
#include "core/store/sqlite/response_store.hpp"
#include "core/store/sqlite/settings_store.hpp"
#include "core/store/sqlite/summary_store.hpp"
#include "core/store/sqlite/usage_store.hpp"

namespace kg::store::sqlite {

/// One database file, shared with other processes (the daemon and the command line).
class SqliteStores final : public Stores {
  public:
    /// `path` exists already, perhaps empty; brings it up to date and checks the seal key.
    static Result<std::unique_ptr<SqliteStores>> open(const std::string& path, Sealer sealer,
                                                      std::span<const Migration> migrations);

    AccountStore& accounts() override { return accounts_; }
    KeyStore& keys() override { return keys_; }
    SettingsStore& settings() override { return settings_; }
    UsageStore& usage() override { return usage_; }
    SummaryStore& summaries() override { return summaries_; }
    ResponseStore& responses() override { return responses_; }
    HistoryStore& history() override { return history_; }
    AdminStore& admin() override { return admin_; }
    Result<std::uint64_t> version() override;

  private:
    SqliteStores(Database db, Sealer sealer) : connection_(std::move(db), std::move(sealer)) {}
    Result<void> check_seal();

    Connection connection_;
    SqliteAccountStore accounts_{connection_};
    SqliteKeyStore keys_{connection_};
    SqliteSettingsStore settings_{connection_};
    SqliteUsageStore usage_{connection_};
    SqliteSummaryStore summaries_{connection_};
    SqliteResponseStore responses_{connection_};
    SqliteHistoryStore history_{connection_};
    SqliteAdminStore admin_{connection_};
};

}  // namespace kg::store::sqlite
