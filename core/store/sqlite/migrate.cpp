#include "core/store/sqlite/migrate.hpp"

#include <cstdint>
#include <string>

#include "core/base/log.hpp"

namespace kg::store::sqlite {

using kg::sqlite::Transaction;

namespace {

constexpr std::int64_t kApplicationId = 0x6b676462;  // "kgdb": what file(1) sees

Error refused(const Database& db, const std::string& why) {
    return Error{.kind = ErrorKind::store_failed, .message = "the database " + db.path() + why};
}

Result<void> apply(Database& db, const Migration& migration) {
    KG_TRY(transaction, Transaction::begin(db));
    // Read again under the write lock: another process may have been faster.
    KG_TRY(schema, db.query_integer("PRAGMA user_version"));
    if (schema >= migration.number) return {};
    auto applied = db.execute(migration.sql);
    if (!applied) {
        Error error = std::move(applied).error();
        error.message = "the database " + db.path() + " could not be migrated to schema " +
                        std::to_string(migration.number) + ": " + error.message;
        return Err(std::move(error));
    }
    KG_CHECK(db.execute("PRAGMA application_id=" + std::to_string(kApplicationId) +
                        ";PRAGMA user_version=" + std::to_string(migration.number)));
    KG_CHECK(transaction.commit());
    log::debug("store", "schema migrated", {{"schema", migration.number}, {"step", migration.name}});
    return {};
}

}  // namespace

Result<std::int64_t> check_schema(Database& db, std::span<const Migration> migrations) {
    const std::int64_t known = migrations.empty() ? 0 : migrations.back().number;
    // The first statement that reads the file: here garbage comes to light.
    KG_TRY(objects, db.query_integer("SELECT count(*) FROM sqlite_schema"));
    KG_TRY(application, db.query_integer("PRAGMA application_id"));
    KG_TRY(schema, db.query_integer("PRAGMA user_version"));
    const bool fresh = objects == 0 && application == 0 && schema == 0;
    if (!fresh && application != kApplicationId) {
        return Err(refused(db, " belongs to another program: move it away"));
    }
    if (schema > known) {
        return Err(refused(db, " has schema " + std::to_string(schema) + ", this kirogate knows up to " +
                                   std::to_string(known) + ": use a newer kirogate or restore a backup"));
    }
    return schema;
}

Result<void> migrate(Database& db, std::span<const Migration> migrations) {
    KG_TRY(schema, check_schema(db, migrations));
    for (const Migration& migration : migrations) {
        if (migration.number > schema) KG_CHECK(apply(db, migration));
    }
    return {};
}

}  // namespace kg::store::sqlite
