#include "core/chat/calibration.hpp"

#include "tests/support/catch.hpp"

using namespace kg::chat;

TEST_CASE("a model's estimates move toward what upstream counts, within bounds") {
    TokenCalibration calibration;
    CHECK(calibration.ratio("m") == 1.0);
    CHECK(calibration.tokens("m", 100) == 100);
    calibration.observe("m", 999, 9'999);  // too small to tell anything
    calibration.observe("m", 5'000, 0);
    CHECK(calibration.ratio("m") == 1.0);
    for (int i = 0; i < 50; ++i) calibration.observe("m", 10'000, 13'000);
    CHECK(calibration.ratio("m") == Approx(1.3).margin(0.01));
    CHECK(calibration.tokens("m", 1'000) == 1'300);
    CHECK(calibration.ratio("other") == 1.0);
    for (int i = 0; i < 50; ++i) calibration.observe("m", 1'000, 1'000'000);
    CHECK(calibration.ratio("m") <= 2.0);
    for (int i = 0; i < 100; ++i) calibration.observe("m", 100'000, 1);
    CHECK(calibration.ratio("m") >= 0.5);
}

TEST_CASE("observations are wanted at first, then now and then, of a bounded number of models") {
    TokenCalibration calibration;
    for (int i = 0; i < 8; ++i) {
        CHECK(calibration.wants("m"));
        calibration.observe("m", 2'000, 2'000);
    }
    int wanted = 0;
    for (int i = 0; i < 160; ++i) wanted += calibration.wants("m");
    CHECK(wanted == 10);
    for (int i = 0; i < 1'000; ++i) calibration.observe("model" + std::to_string(i), 2'000, 3'000);
    CHECK_FALSE(calibration.wants("one more"));
}

TEST_CASE("what was learned survives being saved, and damage is passed over") {
    TokenCalibration first, second;
    CHECK(first.save() == "{}");
    for (int i = 0; i < 50; ++i) first.observe("claude \"x\"", 10'000, 15'000);
    second.load(first.save());
    CHECK(second.ratio("claude \"x\"") == Approx(1.5).margin(0.01));
    CHECK(second.save() == first.save());
    second.load("no json");
    second.load(R"({"wild": 900, "text": "x"})");
    CHECK(second.ratio("wild") == 2.0);
    CHECK(second.ratio("text") == 1.0);
}
