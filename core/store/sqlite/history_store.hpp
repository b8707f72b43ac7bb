#pragma once

#include <mutex>
#include <optional>
#include <span>
#include <string>

#include "core/store/history.hpp"
#include "core/store/sqlite/connection.hpp"

namespace kg::store::sqlite {

inline constexpr std::int64_t kDayS = 86'400;  // the third step of the tables

/// What a batch of new records adds to usage_series and usage_latency. Inside the transaction that
/// appends them; the mutex is held.
Result<void> add_to_series(Connection& connection, std::span<const RequestRecord* const> added);

class SqliteHistoryStore final : public HistoryStore {
  public:
    explicit SqliteHistoryStore(Connection& connection) : connection_(connection) {}

    Result<std::vector<UsageSlice>> usage(const UsageFilter& filter, UsageBy by,
                                          std::int64_t step_ms) override;
    Result<LatencyCounts> latency(const UsageFilter& filter) override;
    Result<RequestPage> requests(const RequestQuery& query) override;
    Result<void> prune(std::int64_t minutes_before_ms, std::int64_t hours_before_ms,
                       std::size_t rows_max) override;

  private:
    /// Opened at the first question; a reader in WAL mode waits for no writer. `mutex_` is held.
    Result<Database*> reader();
    static Result<std::int64_t> first_before(Database& db, const RequestQuery& query);

    Connection& connection_;  // for prune(), and its path
    std::mutex mutex_;
    std::optional<Database> reader_;
};

}  // namespace kg::store::sqlite
