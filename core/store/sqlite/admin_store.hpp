#pragma once

#include "core/store/admin_store.hpp"
#include "core/store/sqlite/connection.hpp"

namespace kg::store::sqlite {

class SqliteAdminStore final : public AdminStore {
  public:
    explicit SqliteAdminStore(Connection& connection) : connection_(connection) {}

    Result<void> put_session(const AdminSession& session, std::size_t keep_max) override;
    Result<std::vector<AdminSession>> sessions() override;
    Result<bool> remove_session(const Sha256& token_hash) override;
    Result<void> remove_sessions() override;
    Result<void> add_token(const AdminToken& token) override;
    Result<std::vector<AdminToken>> tokens() override;
    Result<bool> remove_token(std::string_view id) override;
    Result<void> audit(std::span<const AuditEntry> entries) override;
    Result<AuditPage> audit_log(const AuditQuery& query) override;
    Result<void> prune_audit(std::size_t keep_rows) override;

  private:
    Connection& connection_;
};

}  // namespace kg::store::sqlite
