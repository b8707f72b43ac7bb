#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "core/base/random.hpp"
#include "core/base/result.hpp"
#include "core/loop/loop.hpp"
#include "daemon/http/exchange.hpp"
#include "daemon/http/limits.hpp"
#include "daemon/http/router.hpp"

namespace kg::httpd {

struct ServerOptions {
    Limits limits;
    std::string cors_origins = "*";  // "*", "" (off) or a comma list
};

/// Gauges shared by the servers of all workers.
struct ServerGauges {
    std::atomic<std::size_t> connections{0};
    std::atomic<std::size_t> requests_in_progress{0};
};

/// One worker's HTTP/1.1 server: listeners and the connections they accepted, all on one loop.
/// Lifecycle: construct, listen() once or more, loop.run(), drain() or destroy.
class Server {
  public:
    Server(loop::Loop& loop, const Router& router, const ErrorRenderer& errors, Random& random,
           ServerGauges& gauges, ServerOptions options);
    ~Server();

    /// "127.0.0.1:8000", "[::1]:8000", "localhost:0" or "unix:/path". TCP listeners set
    /// SO_REUSEPORT when `share_port`, so that every worker has its own.
    Result<void> listen(const std::string& address, bool share_port);
    /// A socket somebody else opened (socket activation, a shared Unix socket); the server closes
    /// it.
    Result<void> listen_fd(int fd);
    /// Port of the first TCP listener (for port 0).
    int port() const;

    /// Stops accepting, closes idle connections, lets running exchanges end (their connections
    /// close after the answer); `idle` is called once when none is left.
    void drain(std::function<void()> idle);
    std::size_t connections() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace kg::httpd
