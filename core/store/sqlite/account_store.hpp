#pragma once

#include "core/store/sqlite/connection.hpp"
#include "core/store/store.hpp"

namespace kg::store::sqlite {

class SqliteAccountStore final : public AccountStore {
  public:
    explicit SqliteAccountStore(Connection& connection) : connection_(connection) {}

    Result<void> add(const Account& account) override;
    Result<std::vector<Account>> list() override;
    Result<AccountChanges> changes(std::uint64_t version) override;
    Result<std::optional<Account>> find(std::string_view id) override;
    Result<std::optional<Account>> select(std::string_view selector) override;
    Result<bool> update(std::string_view id, const std::function<bool(Account&)>& change) override;
    Result<bool> remove(std::string_view id) override;
    Result<bool> save_tokens(std::string_view id, std::uint64_t expected_generation,
                             const Secret& access_token, const Secret& refresh_token,
                             std::int64_t expires_at_ms, std::string_view profile_arn,
                             std::int64_t now_ms) override;
    Result<bool> set_state(std::string_view id, std::string_view state, std::string_view reason,
                           std::int64_t since_ms, std::int64_t until_ms) override;
    Result<void> save_health(const std::vector<AccountHealth>& batch) override;
    Result<bool> claim_refresh(std::string_view id, std::string_view holder, std::int64_t now_ms,
                               std::int64_t ttl_ms) override;
    Result<void> release_refresh(std::string_view id, std::string_view holder) override;

  private:
    /// These expect the mutex to be held.
    Result<AccountChanges> read_changes(const std::string& sql, std::uint64_t version);
    Result<std::optional<Account>> read(std::string_view id);
    Result<void> store(const std::string& sql, const Account& account);

    Connection& connection_;
};

}  // namespace kg::store::sqlite
