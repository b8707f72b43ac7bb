#include "core/store/sqlite/settings_store.hpp"

namespace kg::store::sqlite {
namespace {

std::string context_of(std::string_view name) {
    return "setting/" + std::string(name);
}

}  // namespace

Result<std::optional<std::string>> SqliteSettingsStore::read(std::string_view name) {
    KG_TRY(statement, connection_.db.prepare("SELECT value FROM settings WHERE name = ?1"));
    KG_TRY(row, statement.bind(name).step());
    if (!row) return std::optional<std::string>{};
    auto value = connection_.sealer.unseal(statement.text(0), context_of(name));
    if (value) return std::optional<std::string>{value->reveal()};
    return Err(Error{.kind = ErrorKind::store_failed,
                     .message = "the setting " + std::string(name) +
                                " cannot be unsealed: it was damaged or sealed with another key",
                     .detail = value.error().message});
}

Result<void> SqliteSettingsStore::store(std::string_view name, std::string_view value) {
    KG_TRY(statement, connection_.db.prepare("INSERT INTO settings (name, value) VALUES (?1, ?2)"
                                             " ON CONFLICT (name) DO UPDATE SET value = excluded.value"));
    return statement.bind(name, connection_.sealer.seal(value, context_of(name))).run();
}

Result<std::optional<std::string>> SqliteSettingsStore::get(std::string_view name) {
    const std::lock_guard lock(connection_.mutex);
    return read(name);
}

Result<void> SqliteSettingsStore::put(std::string_view name, std::string_view value) {
    return write(connection_, [&] { return store(name, value); });
}

Result<std::string> SqliteSettingsStore::put_if_absent(std::string_view name, std::string_view value) {
    return write(connection_, [&]() -> Result<std::string> {
        KG_TRY(present, read(name));
        if (present) return std::move(*present);
        KG_CHECK(store(name, value));
        return std::string(value);
    });
}

Result<bool> SqliteSettingsStore::erase(std::string_view name) {
    return write(connection_, [&]() -> Result<bool> {
        KG_TRY(statement, connection_.db.prepare("DELETE FROM settings WHERE name = ?1"));
        KG_CHECK(statement.bind(name).run());
        return connection_.db.changes() > 0;
    });
}

}  // namespace kg::store::sqlite
