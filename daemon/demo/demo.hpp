#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/random.hpp"
#include "core/base/result.hpp"

namespace kg::demo {

/// A login that the fake accepts.
struct SampleLogin {
    std::string name, provider, refresh_token, profile_arn;
};

/// `serve --demo`: a FakeKiro on a loopback port of its own thread, and logins that it knows.
/// Destroying stops the thread.
class Demo {
  public:
    static Result<std::unique_ptr<Demo>> start(Random& random);
    ~Demo();
    std::string base_url() const;
    std::vector<SampleLogin> logins() const;

  private:
    struct Impl;
    explicit Demo(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace kg::demo
