#include "daemon/http/server.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/base/log.hpp"
#include "core/loop/timer.hpp"
#include "daemon/http/connection.hpp"
#include "daemon/net/tcp_listener.hpp"

namespace kg::httpd {
namespace {

using namespace std::chrono_literals;

/// One sweep over all connections instead of a timer for each: late by at most this.
std::chrono::milliseconds sweep_interval(const Limits& limits) {
    const auto shortest = std::min({limits.head_timeout, limits.body_timeout, limits.body_total_timeout,
                                    limits.keep_alive_timeout, limits.send_timeout});
    return std::clamp<std::chrono::milliseconds>(shortest / 4, 5ms, 500ms);
}

}  // namespace

struct Server::Impl final : ConnectionOwner, net::AcceptHandler {
    Impl(loop::Loop& loop, const Router& router, const ErrorRenderer& errors, Random& random,
         ServerGauges& gauges, const ServerOptions& options)
        : context{loop, router, errors, random, gauges, options.limits, CorsPolicy(options.cors_origins),
                  {},   false},
          sweeper(loop, [this] { sweep(); }),
          reaper(loop, [this] { reap(); }) {}

    bool may_accept() override {
        return context.gauges.connections.load(std::memory_order_relaxed) < context.limits.connections_max;
    }

    void on_accept(std::unique_ptr<net::TcpStream> stream) override {
        connections.push_back(std::make_unique<Connection>(context, *this, std::move(stream)));
        connections.back()->index = connections.size() - 1;
        connections.back()->start();
    }

    void on_closed(Connection& connection) override {
        const std::size_t index = connection.index;
        graveyard.push_back(std::move(connections[index]));
        if (index + 1 != connections.size()) {
            connections[index] = std::move(connections.back());
            connections[index]->index = index;
        }
        connections.pop_back();
        reaper.schedule();
    }

    void reap() {
        graveyard.clear();
        if (!context.draining) return resume_listeners();
        if (!connections.empty()) return;
        sweeper.stop();
        if (auto idle = std::exchange(on_idle, nullptr)) idle();
    }

    void resume_listeners() {
        for (auto& listener : listeners) listener->resume();
    }

    void sweep() {
        const SteadyTime now = context.loop.now();
        // Backwards: a connection that closes is replaced by the last one, which was already swept.
        for (std::size_t i = connections.size(); i-- > 0;) connections[i]->sweep(now);
        resume_listeners();  // another worker's connections may have ended
    }

    Result<void> add(Result<std::unique_ptr<net::TcpListener>> listener) {
        if (!listener) return Err(std::move(listener).error());
        listeners.push_back(std::move(*listener));
        const auto interval = sweep_interval(context.limits);
        if (!sweeper.active()) sweeper.start(interval, interval);
        return {};
    }

    ServerContext context;
    loop::Timer sweeper;
    loop::Deferred reaper;
    std::vector<std::unique_ptr<Connection>> connections;
    std::vector<std::unique_ptr<Connection>> graveyard;
    std::vector<std::unique_ptr<net::TcpListener>> listeners;
    std::function<void()> on_idle;
};

Server::Server(loop::Loop& loop, const Router& router, const ErrorRenderer& errors, Random& random,
               ServerGauges& gauges, ServerOptions options)
    : impl_(std::make_unique<Impl>(loop, router, errors, random, gauges, options)) {}

Server::~Server() = default;

Result<void> Server::listen(const std::string& address, bool share_port) {
    auto& context = impl_->context;
    return impl_->add(net::TcpListener::open(context.loop, address, share_port, context.read_buffer, *impl_));
}

Result<void> Server::listen_fd(int fd) {
    auto& context = impl_->context;
    return impl_->add(net::TcpListener::adopt(context.loop, fd, context.read_buffer, *impl_));
}

int Server::port() const {
    for (const auto& listener : impl_->listeners) {
        if (listener->port() >= 0) return listener->port();
    }
    return -1;
}

std::size_t Server::connections() const {
    return impl_->connections.size();
}

void Server::drain(std::function<void()> idle) {
    impl_->on_idle = std::move(idle);
    impl_->context.draining = true;
    impl_->listeners.clear();
    for (std::size_t i = impl_->connections.size(); i-- > 0;) impl_->connections[i]->drain();
    impl_->reaper.schedule();
}

}  // namespace kg::httpd
