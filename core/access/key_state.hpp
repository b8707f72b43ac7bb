#pragma once

#include <array>
#include <optional>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/result.hpp"
#include "core/store/store.hpp"

namespace kg::access {

/// A managed key and what it has used of the periods that its budget limits.
struct KeyState {
    KeyState(store::Key record) : key(std::move(record)) {}  // NOLINT: a key that has used nothing
    store::Key key;
    std::array<store::KeyUse, kPeriods> use{};  // by Period, of the ones around `as_of`
    std::optional<WallTime> as_of{};            // the time of reading; nothing: now
};

/// All keys, as the store knows them at `now`. Blocks: for the store's thread.
Result<std::vector<KeyState>> read_keys(store::Stores& stores, WallTime now);

}  // namespace kg::access
