#include "core/account/policy.hpp"

#include <random>

#include "tests/support/catch.hpp"

using namespace kg;
using account::Candidate;
using account::choose_healthiest;

TEST_CASE("an empty pool offers nothing") {
    CHECK_FALSE(choose_healthiest({}));
}

TEST_CASE("priority beats health, health beats idleness, load lowers health") {
    const SteadyTime now{std::chrono::hours(5)};
    std::vector<Candidate> c{{.index = 0, .priority = 1, .health = 100},
                             {.index = 1, .priority = 0, .health = 20}};
    CHECK(choose_healthiest(c) == 1u);
    c = {{.index = 0, .health = 90}, {.index = 1, .health = 100, .in_flight = 2}};
    CHECK(choose_healthiest(c) == 0u);
    c = {{.index = 0, .health = 90, .in_flight = 1},
         {.index = 1, .health = 100, .in_flight = 2, .weight = 4}};
    CHECK(choose_healthiest(c) == 1u);
    c = {{.index = 0, .last_used = now}, {.index = 1, .last_used = now - std::chrono::seconds(1)}};
    CHECK(choose_healthiest(c) == 1u);
    c = {{.index = 0, .token_ready = false}, {.index = 1, .last_used = now}};
    CHECK(choose_healthiest(c) == 1u);
}

TEST_CASE("E7: lower health never wins at equal priority, load and weight") {
    std::mt19937 random(7);
    for (int round = 0; round < 2000; ++round) {
        std::vector<Candidate> c(2 + random() % 8);
        int best = -1;
        for (std::size_t i = 0; i < c.size(); ++i) {
            c[i].index = i;
            c[i].health = static_cast<int>(random() % 101);
            best = std::max(best, c[i].health);
        }
        CHECK(c[*choose_healthiest(c)].health == best);
    }
}
