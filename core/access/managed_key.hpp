#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "core/access/address_limiter.hpp"
#include "core/access/budget.hpp"
#include "core/access/key_state.hpp"
#include "core/access/reservation.hpp"

namespace kg::access {

/// A managed key at run time. Inside Authenticator, under its mutex.
struct ManagedKey {
    std::shared_ptr<const store::Key> record;
    std::vector<IpNetwork> networks;
    std::array<std::optional<TokenBucket>, kLanes> requests;  // by Lane
    std::optional<TokenBucket> tokens;
    Budget budget;
    std::int64_t streams = 0;   // in progress
    std::int64_t finished = 0;  // requests ever

    /// From a record that passed store::check_key.
    static ManagedKey make(const KeyState& state, WallTime now, SteadyTime steady);
    /// Becomes what `fresh` says and keeps what this process has counted.
    void adopt(ManagedKey fresh);
    /// Counts what `fresh` says was used, if that is more; leaves the limits as they are.
    void learn_use(const ManagedKey& fresh);
};

}  // namespace kg::access
