#include "core/store/sqlite/stores.hpp"

namespace kg::store::sqlite {
namespace {

constexpr std::string_view kSealCheck = "kirogate";
constexpr std::string_view kSealContext = "meta/seal_check";

}  // namespace

Result<std::unique_ptr<SqliteStores>> SqliteStores::open(const std::string& path, Sealer sealer,
                                                         std::span<const Migration> migrations) {
    KG_TRY(db, Database::open(path));
    // Before anything is written: a database that is not ours stays as it is.
    KG_CHECK(check_schema(db, migrations));
    KG_CHECK(db.set_up());
    KG_CHECK(migrate(db, migrations));
    std::unique_ptr<SqliteStores> stores(new SqliteStores(std::move(db), std::move(sealer)));
    KG_CHECK(stores->check_seal());
    return stores;
}

Result<void> SqliteStores::check_seal() {
    return write(connection_, [&]() -> Result<void> {
        std::string sealed;
        {
            KG_TRY(reader, connection_.db.prepare("SELECT seal_check FROM meta WHERE id = 1"));
            KG_TRY(row, reader.step());
            if (row) sealed = reader.text(0);
        }
        if (sealed.empty()) {
            KG_TRY(writer, connection_.db.prepare("UPDATE meta SET seal_check = ?1 WHERE id = 1"));
            return writer.bind(connection_.sealer.seal(kSealCheck, kSealContext)).run();
        }
        auto plain = connection_.sealer.unseal(sealed, kSealContext);
        if (plain && plain->equals(kSealCheck)) return {};
        return Err(Error{.kind = ErrorKind::store_failed,
                         .message = "the secrets in " + connection_.db.path() +
                                    " were sealed with another key: restore the seal key that "
                                    "belongs to this database"});
    });
}

Result<std::uint64_t> SqliteStores::version() {
    const std::lock_guard lock(connection_.mutex);
    KG_TRY(version, connection_.db.query_integer("SELECT version FROM meta WHERE id = 1"));
    return static_cast<std::uint64_t>(version);
}

}  // namespace kg::store::sqlite
