#pragma once

#include "core/loop/loop.hpp"

namespace kg::loop {

/// A member that calls `fn` on the loop for each arrival of a Unix signal. Does not keep run()
/// alive.
class Signal {
  public:
    Signal(Loop& loop, int signal_number, UniqueFunction<void()> fn);
    Signal(const Signal&) = delete;
    Signal& operator=(const Signal&) = delete;
    ~Signal();

  private:
    struct Back;
    Back* back_;
};

}  // namespace kg::loop
