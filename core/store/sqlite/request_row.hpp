#pragma once

#include <string>

#include "core/sqlite/database.hpp"
#include "core/store/records.hpp"

/// The translation between a RequestRecord and its row in the table of requests.
namespace kg::store::sqlite {

using kg::sqlite::Statement;

/// Every column but `seq`, in the order of bind_request() and read_request(), separated by commas.
extern const std::string kRequestColumns;
const std::string& request_insert_sql();  // a request_id that is there already changes nothing

void bind_request(Statement& statement, const RequestRecord& record);
/// `first`: where kRequestColumns begin in the row.
RequestRecord read_request(const Statement& row, int first);

}  // namespace kg::store::sqlite
