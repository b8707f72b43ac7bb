#include "core/chat/credit_rates.hpp"

#include <limits>

#include "tests/support/catch.hpp"

using namespace kg;
using chat::CreditRates;
using chat::FinalUsage;

namespace {

FinalUsage usage(std::uint64_t input, std::uint64_t output, double credits = 0) {
    FinalUsage out;
    out.input_tokens = input;
    out.output_tokens = output;
    out.credits = credits;
    return out;
}

}  // namespace

TEST_CASE("what a model's tokens cost is learned from whole answers, each model for itself") {
    CreditRates rates;
    CHECK(rates.estimate("sonnet", usage(1'000, 1'000)) == 0);
    for (int i = 0; i < 50; ++i) rates.observe("sonnet", usage(10'000, 2'000, 0.2));
    CHECK(rates.estimate("sonnet", usage(10'000, 2'000)) == Approx(0.2));
    CHECK(rates.estimate("sonnet", usage(5'000, 1'000)) == Approx(0.1));
    CHECK(rates.estimate("opus", usage(5'000, 1'000)) == 0);
    SECTION("what is read from the cache is cheap") {
        auto cached = usage(0, 2'000);
        cached.cache_read_tokens = 10'000;
        CHECK(rates.estimate("sonnet", cached) == Approx(0.11));
    }
    SECTION("short answers, of which the price says little, do not move it far") {
        for (int i = 0; i < 10; ++i) rates.observe("sonnet", usage(10, 2, 0.01));
        CHECK(rates.estimate("sonnet", usage(10'000, 2'000)) < 0.25);
    }
    SECTION("a new price is learned") {
        for (int i = 0; i < 100; ++i) rates.observe("sonnet", usage(10'000, 2'000, 0.4));
        CHECK(rates.estimate("sonnet", usage(10'000, 2'000)) == Approx(0.4).epsilon(0.02));
    }
    SECTION("nonsense is passed over") {
        rates.observe("sonnet", usage(10, 10, std::numeric_limits<double>::quiet_NaN()));
        rates.observe("sonnet", usage(10, 10, -1));
        rates.observe("sonnet", usage(0, 0, 5));
        CHECK(rates.estimate("sonnet", usage(10'000, 2'000)) == Approx(0.2));
    }
}

TEST_CASE("rates are kept for so many models and no more") {
    CreditRates rates;
    for (int i = 0; i < 1'000; ++i) rates.observe("model-" + std::to_string(i), usage(100, 100, 1));
    CHECK(rates.estimate("model-0", usage(100, 100)) == Approx(1));
    CHECK(rates.estimate("model-999", usage(100, 100)) == 0);
}
