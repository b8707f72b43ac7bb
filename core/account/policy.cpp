#include "core/account/policy.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>
#include <vector>

namespace kg::account {
namespace {

constexpr std::array<std::string_view, 3> kNames{"smart", "priority", "balanced"};

constexpr double kPointsPerRequest = 30;
constexpr double kSound = 80, kLeastHealth = 1;  // below kSound a request weighs more
constexpr double kFairShare = 40;
constexpr double kLatency = 20, kLatencyBonusMax = 10;
constexpr double kRunningAgainstRecent = 1000;  // balanced: any running request outweighs the past

double weight_of(const Candidate& c) {
    return static_cast<double>(std::max<std::int64_t>(1, c.weight));
}

template <class Rank>
std::optional<std::size_t> first_by(std::span<const Candidate> candidates, Rank rank) {
    const auto best = std::ranges::min_element(candidates, {}, rank);
    if (best == candidates.end()) return std::nullopt;
    return best->index;
}

}  // namespace

std::string_view scheduling_name(Scheduling mode) {
    return kNames[static_cast<std::size_t>(mode)];
}

std::optional<Scheduling> parse_scheduling(std::string_view name) {
    const auto it = std::ranges::find(kNames, name);
    if (it == kNames.end()) return std::nullopt;
    return static_cast<Scheduling>(it - kNames.begin());
}

Means means_of(std::span<const Candidate> candidates) {
    Means means;
    std::size_t timed = 0;
    for (const auto& c : candidates) {
        means.recent += c.recent / weight_of(c);
        if (c.first_event_ms < 0) continue;
        means.first_event_ms += c.first_event_ms;
        ++timed;
    }
    if (!candidates.empty()) means.recent /= static_cast<double>(candidates.size());
    if (timed > 0) means.first_event_ms /= static_cast<double>(timed);
    return means;
}

double smart_score(const Candidate& c, const Means& means) {
    const double effort = std::max(1.0, kSound / std::max(c.health, kLeastHealth));
    double score = c.health - kPointsPerRequest * (c.in_flight + 1) / weight_of(c) * effort;
    if (means.recent > 0)
        score += std::max(-kFairShare, kFairShare * (1 - c.recent / weight_of(c) / means.recent));
    if (means.first_event_ms > 0 && c.first_event_ms >= 0) {
        const double better = kLatency * (1 - c.first_event_ms / means.first_event_ms);
        score += std::clamp(better, -kLatency, kLatencyBonusMax);
    }
    switch (c.token) {
        case TokenState::ready: break;
        case TokenState::expires_soon: score -= 5; break;
        case TokenState::needs_refresh: score -= 15; break;
    }
    return score;
}

std::optional<std::size_t> choose_soundest(Scheduling mode, std::span<const Candidate> candidates) {
    const auto step = [](const Candidate& c) { return std::floor(c.health / 10); };
    const auto best = std::ranges::min_element(
        candidates, {}, [&](const Candidate& c) { return std::tuple(c.priority, -step(c)); });
    if (best == candidates.end()) return std::nullopt;
    std::vector<Candidate> soundest;
    for (const auto& c : candidates)
        if (c.priority == best->priority && step(c) == step(*best)) soundest.push_back(c);
    return choose(mode, soundest);
}

std::optional<std::size_t> choose(Scheduling mode, std::span<const Candidate> candidates) {
    switch (mode) {
        case Scheduling::smart: {
            const auto means = means_of(candidates);
            return first_by(candidates, [&](const Candidate& c) {
                return std::tuple(c.priority, -smart_score(c, means), c.last_used, c.order);
            });
        }
        case Scheduling::priority:
            return first_by(candidates, [](const Candidate& c) { return std::tuple(c.priority, c.order); });
        case Scheduling::balanced:
            return first_by(candidates, [](const Candidate& c) {
                const double load = (c.in_flight * kRunningAgainstRecent + c.recent) / weight_of(c);
                return std::tuple(c.priority, load, c.last_used, c.order);
            });
    }
    return std::nullopt;
}

}  // namespace kg::account
