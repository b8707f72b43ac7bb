#pragma once

#include <cstdint>
#include <string>

#include "core/base/clock.hpp"

namespace kg::account {

/// What to do with an account whose plan is used up by our own count.
enum class WhenExhausted : std::uint8_t {
    stop,       // rest it until the plan is renewed
    continue_,  // use it until upstream refuses
};

/// An account's plan in credits: as upstream told it, and since then estimated from the metering of
/// the answers.
struct Quota {
    double limit = 0, used = 0;
    WallTime resets_at{};
    WallTime told_at{};
    std::string plan{};  // as upstream calls it; "": not told
    double remaining() const { return limit > used ? limit - used : 0; }
};

}  // namespace kg::account
