#include "core/account/policy.hpp"

#include <random>
#include <vector>

#include "tests/support/catch.hpp"

using namespace kg;
using account::Candidate;
using account::choose;
using account::Scheduling;
using account::TokenState;
using std::chrono::seconds;

namespace {

constexpr Scheduling kModes[] = {Scheduling::smart, Scheduling::priority, Scheduling::balanced};

std::size_t smart(std::vector<Candidate> candidates) {
    for (std::size_t i = 0; i < candidates.size(); ++i) candidates[i].index = candidates[i].order = i;
    return *choose(Scheduling::smart, candidates);
}

}  // namespace

TEST_CASE("an empty pool offers nothing, in no mode") {
    for (const auto mode : kModes) CHECK_FALSE(choose(mode, {}));
}

TEST_CASE("E10: the three modes have names, and the lowest priority number goes first in each") {
    for (const auto mode : kModes) {
        CHECK(account::parse_scheduling(account::scheduling_name(mode)) == mode);
        const std::vector<Candidate> c{
            {.index = 0, .priority = 1, .health = 100},
            {.index = 1, .priority = 0, .health = 20, .in_flight = 3, .recent = 50}};
        CHECK(choose(mode, c) == 1u);
    }
    CHECK_FALSE(account::parse_scheduling("fastest"));
}

TEST_CASE("smart: health, load by weight, fair share, latency, token, idleness") {
    const SteadyTime now{std::chrono::hours(5)};
    CHECK(smart({{.health = 20}, {.health = 21}}) == 1);
    CHECK(smart({{.health = 80}, {.health = 100, .in_flight = 1}}) == 0);
    CHECK(smart({{.health = 80, .in_flight = 1}, {.health = 100, .in_flight = 2, .weight = 4}}) == 1);
    CHECK(smart({{.health = 8}, {.health = 80, .in_flight = 8}}) == 1);
    CHECK(smart({{.health = 8}, {.health = 80, .in_flight = 12}}) == 0);
    CHECK(smart({{.health = 100, .recent = 9}, {.health = 80, .recent = 1}}) == 1);
    CHECK(smart({{.recent = 9}, {.recent = 10, .weight = 2}}) == 1);
    CHECK(smart({{.first_event_ms = 4000}, {.first_event_ms = 1000}, {.health = 90}}) == 1);
    CHECK(smart({{.token = TokenState::expires_soon}, {.last_used = now}}) == 1);
    CHECK(smart({{.token = TokenState::needs_refresh}, {.token = TokenState::expires_soon}}) == 1);
    CHECK(smart({{.last_used = now}, {.last_used = now - seconds(1)}}) == 1);
    CHECK(smart({{.last_used = now}, {.last_used = now}}) == 0);
}

TEST_CASE("priority: the oldest that can serve, whatever its load and health") {
    const std::vector<Candidate> c{{.index = 7, .order = 4, .health = 100},
                                   {.index = 8, .order = 2, .health = 0, .in_flight = 90, .recent = 90}};
    CHECK(choose(Scheduling::priority, c) == 8u);
}

TEST_CASE("balanced: running requests first, then recent ones, by weight; health does not matter") {
    std::vector<Candidate> c{{.index = 0, .health = 100, .in_flight = 1},
                             {.index = 1, .health = 0, .recent = 900}};
    CHECK(choose(Scheduling::balanced, c) == 1u);
    c = {{.index = 0, .recent = 10}, {.index = 1, .recent = 15, .weight = 2}};
    CHECK(choose(Scheduling::balanced, c) == 1u);
}

TEST_CASE("E7: lower health never wins at equal priority, load and weight") {
    std::mt19937 random(7);
    for (int round = 0; round < 2000; ++round) {
        std::vector<Candidate> c(2 + random() % 8);
        double best = -1;
        for (std::size_t i = 0; i < c.size(); ++i) {
            c[i].index = c[i].order = i;
            c[i].health = static_cast<double>(random() % 101);
            c[i].in_flight = 2;
            c[i].recent = 3;
            c[i].first_event_ms = 700;
            best = std::max(best, c[i].health);
        }
        CHECK(c[*choose(Scheduling::smart, c)].health == best);
    }
}

TEST_CASE("a request that has failed goes to the soundest account, equals share as ever") {
    for (const auto mode : kModes) {
        const std::vector<Candidate> c{
            {.index = 0, .order = 0, .health = 40},
            {.index = 1, .order = 1, .health = 92, .in_flight = 50, .recent = 900},
            {.index = 2, .order = 2, .health = 12},
            {.index = 3, .order = 3, .health = 95, .in_flight = 51, .recent = 901}};
        CHECK(account::choose_soundest(mode, c) == 1u);
        CHECK_FALSE(account::choose_soundest(mode, {}));
    }
    const std::vector<Candidate> c{{.index = 0, .priority = 1, .health = 100}, {.index = 1, .health = 5}};
    CHECK(account::choose_soundest(Scheduling::smart, c) == 1u);  // priorities are the operator's word
}
