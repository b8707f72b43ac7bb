#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/base/digest.hpp"
#include "core/base/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace kg::sqlite {

class Database;

/// One use of a prepared statement of the Database's cache: bind, step, read; the destructor hands
/// it back, reset and without its parameters.
class Statement {
  public:
    Statement(Database& db, sqlite3_stmt* raw) : db_(&db), raw_(raw) {}
    Statement(Statement&& other) noexcept;
    Statement& operator=(Statement&&) = delete;
    ~Statement();

    /// Binds the next parameters in order. An error shows at the next step().
    template <class... Values>
    Statement& bind(const Values&... values) {
        (bind_next(values), ...);
        return *this;
    }
    /// True: a row is there to be read; false: done.
    Result<bool> step();
    /// For statements without rows.
    Result<void> run();

    std::string text(int column) const { return std::string(view(column)); }
    std::string_view view(int column) const;  // good until the next step()
    std::int64_t integer(int column) const;
    double real(int column) const;
    bool is_null(int column) const;
    std::optional<std::int64_t> optional_integer(int column) const;
    std::optional<double> optional_real(int column) const;

  private:
    void bind_next(std::string_view text);
    void bind_next(const std::string& text) { bind_next(std::string_view(text)); }
    void bind_next(double value);
    void bind_next(const Sha256& blob);
    void bind_integer(std::int64_t value);
    void bind_null();
    template <std::integral T>
    void bind_next(T value) {
        bind_integer(static_cast<std::int64_t>(value));
    }
    template <class T>
    void bind_next(const std::optional<T>& value) {
        value ? bind_next(*value) : bind_null();
    }
    void keep_error(int code);

    Database* db_;
    sqlite3_stmt* raw_;
    int next_ = 1;
    int bind_error_ = 0;
};

/// What a commit survives: `power_loss` waits for the disk, `process_death` does not.
enum class Durability : std::uint8_t { process_death, power_loss };

/// One connection. Not thread-safe: its owner holds a mutex.
class Database {
  public:
    enum class Access : std::uint8_t { read, write };
    /// Opens an existing file (it may be empty) without touching it. Who finds it locked by another process
    /// waits for up to `busy_timeout`.
    static Result<Database> open(const std::string& path, Access access = Access::write,
                                 std::chrono::milliseconds busy_timeout = std::chrono::seconds(5));
    /// WAL and the other properties of a database of our own that will be written.
    Result<void> set_up();
    Database(Database&&) noexcept = default;
    Database& operator=(Database&&) = delete;

    /// A script without parameters and results.
    Result<void> execute(const std::string& sql);
    /// The cache keeps every text for ever: never put a value into it.
    Result<Statement> prepare(const std::string& sql);
    Result<std::int64_t> query_integer(const std::string& sql);
    /// Rows changed by the last statement (not by its triggers).
    std::int64_t changes() const;
    /// Only between transactions.
    Result<void> set_durability(Durability durability);
    bool in_transaction() const;

    const std::string& path() const { return path_; }
    /// The last failure of this connection, as the reader of a log or a terminal needs it.
    Error last_error() const;
    /// Whether the last failure was another process's lock.
    bool is_busy() const;
    /// Which uniqueness rule the last failure broke, if it was one.
    enum class Conflict : std::uint8_t { none, primary_key, unique };
    Conflict last_conflict() const;

  private:
    struct Closer {
        void operator()(sqlite3* raw) const noexcept;
    };
    struct Finalizer {
        void operator()(sqlite3_stmt* raw) const noexcept;
    };
    Database(std::string path, sqlite3* raw) : path_(std::move(path)), raw_(raw) {}
    Result<void> switch_to_wal();

    std::string path_;
    std::unique_ptr<sqlite3, Closer> raw_;
    // After raw_: statements must be finalised before their connection is closed.
    std::unordered_map<std::string, std::unique_ptr<sqlite3_stmt, Finalizer>> cache_;
    std::optional<Durability> durability_;
};

/// BEGIN IMMEDIATE ... COMMIT; the destructor rolls back what was not committed.
class Transaction {
  public:
    static Result<Transaction> begin(Database& db, Durability durability = Durability::power_loss);
    Transaction(Transaction&& other) noexcept : db_(std::exchange(other.db_, nullptr)) {}
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();

    Result<void> commit();

  private:
    explicit Transaction(Database& db) : db_(&db) {}
    Database* db_;
};

}  // namespace kg::sqlite
