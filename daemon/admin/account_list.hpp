#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "core/store/account_query.hpp"
#include "daemon/admin/json_out.hpp"
#include "daemon/admin/office.hpp"

namespace kg::admin {

/// The records of the store beside what the pool knows of them at this moment. Blocks on the store.
class AccountList {
  public:
    static Result<AccountList, Failure> read(Office& office, store::Stores& stores);

    const std::vector<store::Account>& all() const { return accounts_; }
    AccountLive live(const store::Account& account) const;
    std::string_view state(const store::Account& account) const;
    /// Those that `query` means, in the order of creation.
    std::vector<const store::Account*> matching(const store::AccountQuery& query) const;

  private:
    std::vector<store::Account> accounts_;
    std::unordered_map<std::string, account::AccountView> views_;
    std::unordered_map<std::string, store::UsageSums> day_;
    std::int64_t now_ms_ = 0;
};

/// The account of a path: by id, or a name or address that only one has. 404 when there is none.
Result<store::Account, Failure> find_account(store::Stores& stores, const std::string& selector);

}  // namespace kg::admin
