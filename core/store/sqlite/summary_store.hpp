#pragma once

#include "core/store/sqlite/connection.hpp"
#include "core/store/store.hpp"

namespace kg::store::sqlite {

/// Texts are sealed: they tell what tenants talked about. A damaged one, or one sealed with another
/// key, counts as not there.
class SqliteSummaryStore final : public SummaryStore {
  public:
    explicit SqliteSummaryStore(Connection& connection) : connection_(connection) {}

    Result<std::vector<Summary>> find(const std::vector<Sha256>& keys, std::int64_t oldest_ms,
                                      std::int64_t now_ms) override;
    Result<void> put(const Summary& summary) override;
    Result<void> prune(std::int64_t oldest_ms, std::uint64_t max_bytes) override;
    Result<std::size_t> count() override;

  private:
    /// Expects the mutex to be held.
    Result<std::optional<Summary>> read(const Sha256& key);

    Connection& connection_;
};

}  // namespace kg::store::sqlite
