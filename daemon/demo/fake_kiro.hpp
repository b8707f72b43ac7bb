#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/random.hpp"
#include "core/base/result.hpp"
#include "core/base/unique_function.hpp"
#include "core/loop/loop.hpp"
#include "core/loop/wakeup.hpp"
#include "daemon/demo/scenario.hpp"
#include "daemon/demo/service.hpp"

namespace kg::demo {

/// Upstream, played by us: a real HTTP service on a loopback port that speaks Kiro's data, control
/// and auth protocols and misbehaves as told (scenario.hpp). Lives on a loop; service() may be
/// called from any thread.
class FakeKiro {
  public:
    FakeKiro(loop::Loop& loop, Random& random, const Clock& clock);
    ~FakeKiro();

    Result<void> listen();  // 127.0.0.1, any free port
    int port() const;
    Service& service();
    Stats stats() const;  // with connections

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// A FakeKiro on a loop of its own thread. Destroying cuts whatever runs and joins.
class FakeKiroThread {
  public:
    static Result<std::unique_ptr<FakeKiroThread>> start(Random& random, const Clock& clock);
    FakeKiroThread(const FakeKiroThread&) = delete;
    FakeKiroThread& operator=(const FakeKiroThread&) = delete;
    ~FakeKiroThread();

    int port() const { return port_; }
    std::string base_url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    Service& service() { return fake_->service(); }
    Stats stats() const { return fake_->stats(); }

  private:
    FakeKiroThread() = default;
    void run(Random& random, const Clock& clock, const std::function<void(Result<void>)>& ready);

    FakeKiro* fake_ = nullptr;  // on the thread's stack, alive until stop
    loop::Wakeup::Door door_;
    UniqueFunction<void()> stop_;
    int port_ = 0;
    std::thread thread_;
};

}  // namespace kg::demo
