#pragma once

#include "core/store/sqlite/connection.hpp"
#include "core/store/store.hpp"

namespace kg::store::sqlite {

class SqliteSettingsStore final : public SettingsStore {
  public:
    explicit SqliteSettingsStore(Connection& connection) : connection_(connection) {}

    Result<std::optional<std::string>> get(std::string_view name) override;
    Result<void> put(std::string_view name, std::string_view value) override;
    Result<std::string> put_if_absent(std::string_view name, std::string_view value) override;
    Result<bool> erase(std::string_view name) override;

  private:
    /// These two expect the mutex to be held.
    Result<std::optional<std::string>> read(std::string_view name);
    Result<void> store(std::string_view name, std::string_view value);

    Connection& connection_;
};

}  // namespace kg::store::sqlite
