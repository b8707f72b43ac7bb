#pragma once

#include <mutex>
#include <utility>

#include "core/base/seal.hpp"
#include "core/sqlite/database.hpp"

namespace kg::store::sqlite {

using kg::sqlite::Database;
using kg::sqlite::Durability;
using kg::sqlite::Statement;
using kg::sqlite::Transaction;

/// What the stores of one database share. A verb holds the mutex from its first statement to its
/// last, so verbs of one process take turns; other processes are held off by SQLite's own locks.
struct Connection {
    Connection(Database database, Sealer seal) : db(std::move(database)), sealer(std::move(seal)) {}

    std::mutex mutex;
    Database db;
    Sealer sealer;
};

/// Runs `body` in one write transaction and commits if it succeeded.
template <class Body>
auto write(Connection& connection, Body body, Durability durability = Durability::power_loss)
    -> decltype(body()) {
    const std::lock_guard lock(connection.mutex);
    KG_TRY(transaction, Transaction::begin(connection.db, durability));
    auto result = body();
    if (result) KG_CHECK(transaction.commit());
    return result;
}

}  // namespace kg::store::sqlite
