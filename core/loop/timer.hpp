#pragma once

#include <chrono>

#include "core/loop/loop.hpp"

namespace kg::loop {

/// A member timer: start() (re)arms it, destroying or stop() disarms it; `fn` runs on the loop.
class Timer {
  public:
    Timer(Loop& loop, UniqueFunction<void()> fn);
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;
    ~Timer();

    void start(std::chrono::milliseconds delay, std::chrono::milliseconds repeat = {});
    void stop() noexcept;
    bool active() const;

  private:
    struct Back;
    Back* back_;  // freed by its close callback
};

}  // namespace kg::loop
