#pragma once

#include "core/store/sqlite/connection.hpp"
#include "core/store/store.hpp"

namespace kg::store::sqlite {

class SqliteKeyStore final : public KeyStore {
  public:
    explicit SqliteKeyStore(Connection& connection) : connection_(connection) {}

    Result<void> add(const Key& key) override;
    Result<std::vector<Key>> list() override;
    Result<std::optional<Key>> find_by_hash(const Sha256& hash) override;
    Result<std::optional<Key>> select(std::string_view selector) override;
    Result<bool> update(std::string_view id, const std::function<bool(Key&)>& change) override;
    Result<bool> remove(std::string_view id) override;
    Result<std::uint64_t> version() override;

  private:
    /// These two expect the mutex to be held.
    Result<std::optional<Key>> read(std::string_view id);
    Result<void> store(const std::string& sql, const Key& key);

    Connection& connection_;
};

}  // namespace kg::store::sqlite
