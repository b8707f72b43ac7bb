#pragma once

#include "core/store/sqlite/connection.hpp"
#include "core/store/store.hpp"

namespace kg::store::sqlite {

/// Texts are sealed: they are whole conversations. A damaged one, or one sealed with another key,
/// counts as not there.
class SqliteResponseStore final : public ResponseStore {
  public:
    explicit SqliteResponseStore(Connection& connection) : connection_(connection) {}

    Result<void> put(const KeptResponse& response, std::size_t keep_max) override;
    Result<std::optional<KeptResponse>> find(std::string_view owner, std::string_view id,
                                             std::int64_t now_ms) override;
    Result<bool> remove(std::string_view owner, std::string_view id) override;
    Result<std::size_t> count() override;

  private:
    Connection& connection_;
};

}  // namespace kg::store::sqlite
