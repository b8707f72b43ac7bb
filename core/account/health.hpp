#pragma once

#include <algorithm>
#include <chrono>

#include "core/base/clock.hpp"

namespace kg::account {

/// Evidence about one account as a number from 0 (only failures lately) to 100. A value; given
/// `now`.
class Health {
  public:
    int score() const { return score_; }
    unsigned failures_in_a_row() const { return failures_; }

    void success() {
        score_ = std::min(100, score_ + 10);
        failures_ = 0;
    }
    void failure(int weight) {
        score_ = std::max(0, score_ - weight);
        ++failures_;
    }
    void reset() { *this = {}; }

  private:
    int score_ = 100;
    unsigned failures_ = 0;
};

}  // namespace kg::account
