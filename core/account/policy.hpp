#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/base/clock.hpp"

namespace kg::account {

/// How the pool chooses (accounts.scheduling). In every mode an account with a lower priority
/// number goes before the others; the modes differ among accounts of one priority.
enum class Scheduling : std::uint8_t {
    smart,     // highest score: health, load, fair share, latency, token
    priority,  // always the first in order of creation that can serve
    balanced,  // fewest requests, running and recent, for its weight
};
std::string_view scheduling_name(Scheduling mode);
std::optional<Scheduling> parse_scheduling(std::string_view name);

enum class TokenState : std::uint8_t { ready, expires_soon, needs_refresh };

/// What a policy may know of one usable account.
struct Candidate {
    std::size_t index = 0;       // the caller's, returned by choose
    std::int64_t priority = 0;   // lower first
    std::uint64_t order = 0;     // of creation
    double health = 100;         // 0 to 100
    unsigned in_flight = 0;      // requests now
    double recent = 0;           // requests lately, older ones counting less
    std::int64_t weight = 1;     // >= 1: its share of the load
    double first_event_ms = -1;  // usual latency; negative: not known
    SteadyTime last_used{};
    TokenState token = TokenState::ready;
};

/// The index of the candidate that the mode prefers; none for an empty span. Pure: equal inputs give
/// equal answers. Ties go to the one idle for longest, then to the older.
std::optional<std::size_t> choose(Scheduling mode, std::span<const Candidate> candidates);

/// For a request that has failed on another account: health comes before load and all else, in steps
/// of ten points, so that an account that refuses quickly, and therefore always has room, does not
/// collect the failovers of all requests. The mode decides among equals.
std::optional<std::size_t> choose_soundest(Scheduling mode, std::span<const Candidate> candidates);

/// What candidates are compared with: the means over all of them.
struct Means {
    double recent = 0;          // per weight
    double first_event_ms = 0;  // of those that are known; 0: none is
};
Means means_of(std::span<const Candidate> candidates);

/// The smart score; higher is better. Health (0 to 100), -30 for each running request and this one per
/// weight, and so many times as much as health is below 80: an account that answers every tenth request is
/// worth a tenth of the load, and refusing quickly, which leaves it without load, does not make it a
/// bargain. Fair share (-40 to +40), latency against the mean (-20 to +10), a token that expires soon (-5) or
/// must be refreshed first (-15).
double smart_score(const Candidate& candidate, const Means& means);

}  // namespace kg::account
