#include "core/sqlite/database.hpp"

#include <sqlite3.h>

#include <cassert>
#include <utility>

namespace kg::sqlite {
namespace {

constexpr int kWalSwitchMs = 5000;
constexpr int kWalSwitchPauseMs = 20;

/// The sentence for one primary result code. SQLite's own text goes to `detail`.
std::string_view sentence(int code) {
    switch (code & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED: return "the database is busy: another process keeps it locked";
        case SQLITE_FULL: return "the database cannot grow: the disk is full";
        case SQLITE_READONLY: return "the database cannot be written: it is read-only";
        case SQLITE_CORRUPT: return "the database is damaged: restore a backup";
        case SQLITE_NOTADB: return "the file is not a database, or it is damaged: restore a backup";
        case SQLITE_CANTOPEN: return "the database cannot be opened";
        case SQLITE_PERM:
        case SQLITE_AUTH: return "the database may not be read or written";
        case SQLITE_IOERR: return "reading or writing the database failed";
        case SQLITE_NOMEM: return "there is not enough memory for the database";
        default: return "the database refused an operation";
    }
}

Error describe(sqlite3* raw, int code, const std::string& path) {
    Error error{.kind = ErrorKind::store_failed, .message = std::string(sentence(code))};
    error.detail = path + ": " + (raw != nullptr ? sqlite3_errmsg(raw) : sqlite3_errstr(code)) + " (sqlite " +
                   std::to_string(code) + ")";
    return error;
}

}  // namespace

void Database::Closer::operator()(sqlite3* raw) const noexcept {
    // Every statement is finalised by now, so this cannot be refused.
    [[maybe_unused]] const int code = sqlite3_close(raw);
    assert(code == SQLITE_OK);
}

void Database::Finalizer::operator()(sqlite3_stmt* raw) const noexcept {
    static_cast<void>(sqlite3_finalize(raw));  // repeats the last step's error, already reported
}

Result<Database> Database::open(const std::string& path, Access access,
                                std::chrono::milliseconds busy_timeout) {
    sqlite3* raw = nullptr;
    const int flags = access == Access::write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    const int code = sqlite3_open_v2(path.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX, nullptr);
    Database db(path, raw);
    if (code != SQLITE_OK) return Err(describe(raw, code, path));
    // Without the right to write, SQLite opens the file for reading only and complains much later.
    if (access == Access::write && sqlite3_db_readonly(raw, "main") == 1) {
        return Err(Error{.kind = ErrorKind::store_failed,
                         .message = std::string(sentence(SQLITE_READONLY)),
                         .detail = path});
    }
    sqlite3_extended_result_codes(raw, 1);
    sqlite3_busy_timeout(raw, static_cast<int>(busy_timeout.count()));
    sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    return db;
}

Result<void> Database::set_up() {
    KG_CHECK(switch_to_wal());
    KG_CHECK(set_durability(Durability::power_loss));
    return execute(
        "PRAGMA foreign_keys=ON;"
        "PRAGMA trusted_schema=OFF;"
        "PRAGMA journal_size_limit=16777216;");
}

Result<void> Database::switch_to_wal() {
    // SQLite does not wait for the exclusive lock that the first switch needs, in order not to
    // deadlock with another process doing the same: so we do.
    for (int waited = 0;; waited += kWalSwitchPauseMs) {
        auto switched = execute("PRAGMA journal_mode=WAL;");
        if (switched) return {};
        const int code = sqlite3_errcode(raw_.get());
        if ((code & 0xff) != SQLITE_BUSY || waited >= kWalSwitchMs) return switched;
        sqlite3_sleep(kWalSwitchPauseMs);
    }
}

Result<void> Database::execute(const std::string& sql) {
    if (sqlite3_exec(raw_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
        return Err(last_error());
    }
    return {};
}

Result<Statement> Database::prepare(const std::string& sql) {
    auto& slot = cache_[sql];
    if (!slot) {
        sqlite3_stmt* statement = nullptr;
        const int code = sqlite3_prepare_v3(raw_.get(), sql.data(), static_cast<int>(sql.size()),
                                            SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
        if (code != SQLITE_OK) return Err(last_error());
        slot.reset(statement);
    }
    assert(sqlite3_stmt_busy(slot.get()) == 0 && "one use of a statement at a time");
    return Statement(*this, slot.get());
}

Result<std::int64_t> Database::query_integer(const std::string& sql) {
    KG_TRY(statement, prepare(sql));
    KG_TRY(row, statement.step());
    return row ? statement.integer(0) : 0;
}

std::int64_t Database::changes() const {
    return sqlite3_changes64(raw_.get());
}

Result<void> Database::set_durability(Durability durability) {
    assert(!in_transaction());
    if (durability_ == durability) return {};
    const bool full = durability == Durability::power_loss;
    KG_CHECK(execute(full ? "PRAGMA synchronous=FULL;" : "PRAGMA synchronous=NORMAL;"));
    durability_ = durability;
    return {};
}

bool Database::in_transaction() const {
    return sqlite3_get_autocommit(raw_.get()) == 0;
}

Error Database::last_error() const {
    return describe(raw_.get(), sqlite3_extended_errcode(raw_.get()), path_);
}

bool Database::is_busy() const {
    const int code = sqlite3_errcode(raw_.get()) & 0xff;
    return code == SQLITE_BUSY || code == SQLITE_LOCKED;
}

Database::Conflict Database::last_conflict() const {
    switch (sqlite3_extended_errcode(raw_.get())) {
        case SQLITE_CONSTRAINT_PRIMARYKEY:
        case SQLITE_CONSTRAINT_ROWID: return Conflict::primary_key;
        case SQLITE_CONSTRAINT_UNIQUE: return Conflict::unique;
        default: return Conflict::none;
    }
}

Result<Transaction> Transaction::begin(Database& db, Durability durability) {
    KG_CHECK(db.set_durability(durability));
    KG_CHECK(db.execute("BEGIN IMMEDIATE"));
    return Transaction(db);
}

Result<void> Transaction::commit() {
    assert(db_ != nullptr);
    KG_CHECK(db_->execute("COMMIT"));
    db_ = nullptr;
    return {};
}

Transaction::~Transaction() {
    // SQLite may have rolled back by itself after a full disk or an I/O error.
    if (db_ == nullptr || !db_->in_transaction()) return;
    // A failed rollback leaves nothing to do: the connection reports the trouble at its next use.
    static_cast<void>(db_->execute("ROLLBACK"));
}

}  // namespace kg::sqlite
