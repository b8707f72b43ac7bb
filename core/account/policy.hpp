#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/base/clock.hpp"

namespace kg::account {

/// What a policy may know of one usable account.
struct Candidate {
    std::size_t index = 0;      // the pool's, returned by choose
    std::int64_t priority = 0;  // lower first
    int health = 100;
    unsigned in_flight = 0;
    std::int64_t weight = 1;  // >= 1
    SteadyTime last_used{};
    bool token_ready = true;  // no refresh needed before use
};

/// The healthiest account: best priority class, then health less load (each running request counts
/// 10 points divided by the weight), then a ready token, then the one idle for longest. Pure.
std::optional<std::size_t> choose_healthiest(std::span<const Candidate> candidates);

}  // namespace kg::account
