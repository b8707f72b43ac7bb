#include "core/account/policy.hpp"

#include <algorithm>
#include <tuple>

namespace kg::account {

std::optional<std::size_t> choose_healthiest(std::span<const Candidate> candidates) {
    const auto rank = [](const Candidate& c) {
        const auto load = static_cast<std::int64_t>(c.in_flight) * 10 / std::max<std::int64_t>(1, c.weight);
        return std::tuple(c.priority, load - c.health, !c.token_ready, c.last_used);
    };
    const auto best = std::ranges::min_element(candidates, {}, rank);
    if (best == candidates.end()) return std::nullopt;
    return best->index;
}

}  // namespace kg::account
