#pragma once

#include "core/store/sqlite/connection.hpp"
#include "core/store/store.hpp"

namespace kg::store::sqlite {

/// What one batch adds to the use of a key in one quarter of an hour.
struct Quarter {
    std::string key_id;
    std::int64_t at = 0;  // quarter_of()
    KeyUse use;
};

class SqliteUsageStore final : public UsageStore {
  public:
    explicit SqliteUsageStore(Connection& connection) : connection_(connection) {}

    Result<void> record(const std::vector<RequestRecord>& batch) override;
    Result<UsageTotals> totals() override;
    Result<KeyUse> key_use(std::string_view key_id, std::int64_t from_ms) override;
    Result<void> forget_use(std::int64_t before_ms) override;
    Result<std::vector<DailyUsage>> daily(std::int64_t first_day, std::int64_t last_day) override;
    Result<std::vector<RequestRecord>> recent(std::size_t limit) override;
    Result<void> prune(std::size_t keep_rows) override;

  private:
    /// These expect the mutex to be held, inside a transaction.
    Result<bool> append(const RequestRecord& record);  // false: it is already there
    Result<void> count(const DailyUsage& usage);
    Result<void> count_all(const std::vector<DailyUsage>& added);
    Result<void> count(const Quarter& quarter);
    Result<void> count(std::string_view counter, std::int64_t more);
    Result<void> touch(const DailyUsage& usage, std::int64_t last_used_at_ms);

    Connection& connection_;
};

}  // namespace kg::store::sqlite
