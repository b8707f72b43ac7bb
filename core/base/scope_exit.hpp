#pragma once

#include <utility>

namespace kg {

/// Runs a function when the scope is left, unless released.
template <class F>
class ScopeExit {
  public:
    explicit ScopeExit(F f) : f_(std::move(f)) {}
    ScopeExit(const ScopeExit&) = delete;
    ScopeExit& operator=(const ScopeExit&) = delete;
    ~ScopeExit() {
        if (armed_) f_();
    }
    void release() { armed_ = false; }

  private:
    F f_;
    bool armed_ = true;
};

}  // namespace kg
