#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/account/failure_window.hpp"
#include "core/account/health.hpp"
#include "core/account/pool_index.hpp"
#include "core/account/quota.hpp"
#include "core/account/state.hpp"
#include "core/base/clock.hpp"
#include "core/base/string_hash.hpp"
#include "core/base/token_bucket.hpp"
#include "core/store/records.hpp"

namespace kg::account {

/// One account inside the pool: its record and its live state. Under the pool's lock.
struct PoolEntry {
    static constexpr std::chrono::milliseconds kRecentHalfLife = std::chrono::minutes(1);

    store::Account record;
    std::uint64_t serial = 0;  // unique for the process: tells a lease of an earlier account of this id
    State state = State::unknown;
    std::string reason;
    std::int64_t since_ms = 0;  // of this state
    std::uint64_t order = 0;    // of creation
    SteadyTime out_since{};     // cooling, exhausted: attempts from before tell nothing new
    SteadyTime cooling_until{};
    /// When a cooling account may be asked early because no other is left; max: never.
    SteadyTime probe_from = SteadyTime::max();
    WallTime exhausted_until{};

    Health health;
    bool health_changed = false;  // since it was last written to the store: in Pool::measured_
    FailureWindow window;         // transient failures: the account's circuit
    unsigned openings = 0;        // of the circuit in a row, for the doubling pause
    unsigned throttles = 0;       // in a row, for the doubling cool-down
    unsigned auth_failures = 0;   // in a row
    unsigned slow = 0;            // slow first events in a row
    bool login_gone = false;      // needs-sign-in, because the followed file was not there

    std::optional<Quota> quota;  // nothing until upstream told it
    bool used_since_told = true;
    std::optional<SteadyTime> usage_asked;

    std::optional<TokenBucket> requests, tokens;  // a minute; nothing: no limit

    unsigned in_flight = 0;
    unsigned probes = 0;  // of in_flight: sent to find out whether the account works again
    Fading recent{0, kRecentHalfLife};
    SteadyTime last_used{};
    StringMap<SteadyTime> refused_models;  // until; at most 64

    PoolIndex::Place place;
    std::optional<SteadyTime> wakes;                  // its key in Pool::cooling_
    std::optional<WallTime> refresh_at;               // its key in Pool::refreshes_
    std::optional<std::uint64_t> planned_generation;  // of the token that refresh_at is about
    WallTime not_before{};                            // bounds how often short-lived tokens are refreshed
    std::optional<WallTime> replenished;              // its key in Pool::exhausted_
};

}  // namespace kg::account
