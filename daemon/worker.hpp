#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "core/base/result.hpp"
#include "core/loop/wakeup.hpp"
#include "daemon/admin/office.hpp"
#include "daemon/api/dialects.hpp"
#include "daemon/engine.hpp"
#include "daemon/http/server.hpp"
#include "daemon/web/site.hpp"

namespace kg::daemon {

/// What the listener of a worker serves.
enum class Serves : std::uint8_t { api_and_admin, api, admin };

struct WorkerOptions {
    Serves serves = Serves::api_and_admin;
    std::string listen;  // "" = does not listen (a Unix socket has one listener)
    bool share_port = true;
    httpd::ServerOptions server;
};

/// One thread with its own loop, listener, fetcher and chat service (style 3.5). Commands come
/// through the loop's door; the destructor stops and joins.
class Worker {
  public:
    Worker(Engine& engine, admin::Office& office, const web::Site& site, const api::Dialects& dialects,
           Random& random, httpd::ServerGauges& gauges, const std::atomic<bool>& draining,
           WorkerOptions options);
    ~Worker();

    /// Starts the thread and waits until it listens; the port it got.
    Result<int> start();
    /// Any thread: stop accepting, let answers end; `idle` runs on the worker's thread when none is
    /// left.
    void drain(std::function<void()> idle);
    /// Any thread: end what is still running with an in-band error.
    void cut();
    void stop();

  private:
    void run(std::function<void(Result<int>)> listening);
    struct Inside;  // what lives on the thread

    Engine& engine_;
    admin::Office& office_;
    const web::Site& site_;
    const api::Dialects& dialects_;
    Random& random_;
    httpd::ServerGauges& gauges_;
    const std::atomic<bool>& draining_;
    const WorkerOptions options_;
    loop::Wakeup::Door door_;
    Inside* inside_ = nullptr;  // only touched on the thread
    std::thread thread_;
};

}  // namespace kg::daemon
