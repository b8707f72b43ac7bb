#pragma once

#include <cstdint>
#include <span>

#include "core/base/result.hpp"
#include "core/sqlite/database.hpp"

namespace kg::store::sqlite {

using kg::sqlite::Database;

/// One step of the schema, from number - 1 to number.
struct Migration {
    int number;
    const char* name;
    const char* sql;
};

/// migrations/NNN_*.sql in order, embedded at build time (kirogate_embed_migrations in cmake/).
std::span<const Migration> built_in_migrations();

/// Reads only: refuses a file that is no database, one of another program and one whose schema is
/// newer than the last of `migrations`. Returns the schema's number, 0 for an empty file.
Result<std::int64_t> check_schema(Database& db, std::span<const Migration> migrations);

/// check_schema, then brings the schema up to the last of `migrations`, each in one transaction.
/// Safe when several processes do it at once.
Result<void> migrate(Database& db, std::span<const Migration> migrations);

}  // namespace kg::store::sqlite
