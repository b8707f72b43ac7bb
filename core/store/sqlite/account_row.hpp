#pragma once

#include <string>

#include "core/base/seal.hpp"
#include "core/sqlite/database.hpp"
#include "core/store/records.hpp"

/// The translation between an Account and its row: one table of columns makes every statement.
namespace kg::store::sqlite {

using kg::sqlite::Statement;

/// "account/<id>/<column>": what a sealed column is bound to.
std::string seal_context(std::string_view account_id, std::string_view column);
/// Nothing stays nothing, so that a row shows what an account has.
std::string sealed(const Sealer& sealer, const Secret& secret, std::string_view account_id,
                   std::string_view column);

const std::string& account_select_sql();  // all columns, without WHERE
const std::string& account_insert_sql();
const std::string& account_update_sql();  // by id, the first parameter

/// Binds all columns in the order of the statements above.
void bind_account(Statement& statement, const Account& account, const Sealer& sealer);
Result<Account> read_account(const Statement& row, const Sealer& sealer);

}  // namespace kg::store::sqlite
