#pragma once

#include "core/loop/loop.hpp"

namespace kg::loop {

/// A member that watches a socket somebody else owns (a library's). Level-triggered: `fn` is called
/// in every turn in which a watched condition holds. Must be destroyed before the descriptor is
/// closed; the descriptor may be watched again, by another Poll, at once after that.
class Poll {
  public:
    struct Events {
        bool readable = false;
        bool writable = false;
        bool error = false;  // watching has stopped; call watch() to go on
    };

    Poll(Loop& loop, int descriptor, UniqueFunction<void(Events)> fn);
    Poll(const Poll&) = delete;
    Poll& operator=(const Poll&) = delete;
    ~Poll();

    /// Replaces what is watched; free of system calls when that does not change. False when the
    /// descriptor cannot be watched.
    bool watch(bool readable, bool writable);
    /// Whether watching keeps run() from returning (default yes).
    void set_keeps_alive(bool keeps);

  private:
    struct Back;
    Back* back_;
};

}  // namespace kg::loop
