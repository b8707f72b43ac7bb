#include <sqlite3.h>

#include <cassert>
#include <utility>

#include "core/sqlite/database.hpp"

namespace kg::sqlite {

Statement::Statement(Statement&& other) noexcept
    : db_(other.db_),
      raw_(std::exchange(other.raw_, nullptr)),
      next_(other.next_),
      bind_error_(other.bind_error_) {}

Statement::~Statement() {
    if (raw_ == nullptr) return;
    // Both report the failure of the step before, which its caller has heard.
    static_cast<void>(sqlite3_reset(raw_));
    static_cast<void>(sqlite3_clear_bindings(raw_));
}

Result<bool> Statement::step() {
    assert(raw_ != nullptr);
    if (bind_error_ != SQLITE_OK) {
        return Err(Error{.kind = ErrorKind::store_failed,
                         .message = "a value does not fit into the database",
                         .detail = sqlite3_errstr(bind_error_)});
    }
    const int code = sqlite3_step(raw_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return Err(db_->last_error());
}

Result<void> Statement::run() {
    KG_TRY(row, step());
    assert(!row);
    static_cast<void>(row);
    return {};
}

std::string_view Statement::view(int column) const {
    // The text first: sqlite3_column_bytes is only right after the conversion.
    const auto* bytes = sqlite3_column_text(raw_, column);
    const int size = sqlite3_column_bytes(raw_, column);
    if (bytes == nullptr) return {};
    return {reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(raw_, column);
}

double Statement::real(int column) const {
    return sqlite3_column_double(raw_, column);
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(raw_, column) == SQLITE_NULL;
}

std::optional<std::int64_t> Statement::optional_integer(int column) const {
    if (is_null(column)) return std::nullopt;
    return integer(column);
}

std::optional<double> Statement::optional_real(int column) const {
    if (is_null(column)) return std::nullopt;
    return real(column);
}

void Statement::bind_next(std::string_view text) {
    // A null pointer would bind NULL instead of an empty text.
    const char* bytes = text.data() != nullptr ? text.data() : "";
    keep_error(sqlite3_bind_text64(raw_, next_++, bytes, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Statement::bind_next(double value) {
    keep_error(sqlite3_bind_double(raw_, next_++, value));
}

void Statement::bind_next(const Sha256& blob) {
    keep_error(sqlite3_bind_blob64(raw_, next_++, blob.data(), blob.size(), SQLITE_TRANSIENT));
}

void Statement::bind_integer(std::int64_t value) {
    keep_error(sqlite3_bind_int64(raw_, next_++, value));
}

void Statement::bind_null() {
    keep_error(sqlite3_bind_null(raw_, next_++));
}

void Statement::keep_error(int code) {
    assert(code != SQLITE_RANGE && code != SQLITE_MISUSE);
    if (bind_error_ == SQLITE_OK) bind_error_ = code;
}

}  // namespace kg::sqlite
