#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/store/account_query.hpp"
#include "daemon/admin/fields.hpp"
#include "daemon/admin/office.hpp"

namespace kg::admin {

/// Which accounts an operation is for: {"ids": [...]}, or {"q": "..."} in the grammar of
/// store::AccountQuery. At most 10,000.
class AccountSelection {
  public:
    /// Reads `select` of a body; nothing when it is not given.
    static Result<std::optional<AccountSelection>, Failure> read(Fields& fields);
    /// Their ids: those of the list as they were written, there or not; those of a query in the order of
    /// creation. Blocks on the store.
    Result<std::vector<std::string>, Failure> ids(Office& office, store::Stores& stores) const;

  private:
    std::vector<std::string> ids_;
    std::optional<store::AccountQuery> query_;
};

}  // namespace kg::admin
