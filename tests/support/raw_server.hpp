#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <functional>
#include <list>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/base/ascii.hpp"

namespace kg::test {

/// What the server does with one request, step by step.
struct Step {
    enum class Kind { send, repeat, gate, stall, close, reset };
    Kind kind;
    std::string bytes{};
    std::size_t times = 1;
};
using Script = std::vector<Step>;

inline Step send_bytes(std::string bytes) {
    return {Step::Kind::send, std::move(bytes)};
}
inline Step send_times(std::string bytes, std::size_t times) {
    return {Step::Kind::repeat, std::move(bytes), times};
}
/// Waits until the test opens the gate once more.
inline Step wait_gate() {
    return {Step::Kind::gate};
}
/// Says nothing until the peer goes away.
inline Step stall() {
    return {Step::Kind::stall};
}
inline Step close_now() {
    return {Step::Kind::close};
}
inline Step reset_now() {
    return {Step::Kind::reset};
}

inline std::string chunk(std::string_view bytes) {
    std::string out;
    for (std::size_t rest = bytes.size(); rest != 0; rest /= 16)
        out.insert(out.begin(), "0123456789abcdef"[rest % 16]);
    return out + "\r\n" + std::string(bytes) + "\r\n";
}
inline const char* const kChunkedHead = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
inline const char* const kLastChunk = "0\r\n\r\n";
inline std::string answer(std::string_view body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           std::string(body);
}

struct RecordedRequest {
    std::string head;  // with the empty line
    std::string body;
    std::size_t connection = 0;  // number of the connection, from 0
    std::size_t sequence = 0;    // number of the request on it, from 0
};

/// A scripted HTTP server on a loopback port of its own, one thread a connection: badly behaved
/// upstreams to order.
class RawServer {
  public:
    using Director = std::function<Script(const RecordedRequest&)>;

    explicit RawServer(Director director) : director_(std::move(director)) {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof address;
        auto* const raw = reinterpret_cast<sockaddr*>(&address);
        if (listener_ < 0 || ::bind(listener_, raw, length) != 0 || ::listen(listener_, 512) != 0 ||
            ::getsockname(listener_, raw, &length) != 0)
            throw std::runtime_error("cannot listen on loopback");
        port_ = ntohs(address.sin_port);
        acceptor_ = std::thread([this] { accept_all(); });
    }
    explicit RawServer(Script script) : RawServer([script](const RecordedRequest&) { return script; }) {}
    RawServer(const RawServer&) = delete;
    RawServer& operator=(const RawServer&) = delete;
    ~RawServer() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
            ::shutdown(listener_, SHUT_RDWR);
            for (const auto& connection : connections_)
                if (connection.socket >= 0) ::shutdown(connection.socket, SHUT_RDWR);
        }
        changed_.notify_all();
        acceptor_.join();
        for (auto& connection : connections_) connection.thread.join();
        ::close(listener_);
    }

    int port() const { return port_; }
    std::string url(std::string_view path = "/") const {
        return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
    }
    void open_gate(std::size_t times = 1) {
        const std::lock_guard lock(mutex_);
        gate_ += times;
        changed_.notify_all();
    }
    std::vector<RecordedRequest> requests() const {
        return locked([this] { return requests_; });
    }
    std::size_t accepted() const {
        return locked([this] { return connections_.size(); });
    }
    std::size_t open() const {
        return locked([this] { return open_; });
    }
    std::size_t sent_bytes() const {
        return locked([this] { return sent_bytes_; });
    }
    /// Waits (with a bound) for the peer's doings to arrive: true when `open` connections are left.
    bool wait_open(std::size_t open) const {
        return wait([this, open] { return open_ == open; });
    }
    bool wait_requests(std::size_t count) const {
        return wait([this, count] { return requests_.size() >= count; });
    }

  private:
    struct Connection {
        int socket = -1;
        std::thread thread;
    };

    template <class F>
    std::invoke_result_t<F> locked(F f) const {
        const std::lock_guard lock(mutex_);
        return f();
    }
    template <class F>
    bool wait(F done) const {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(20), done);
    }

    void accept_all() {
        for (;;) {
            const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            const std::lock_guard lock(mutex_);
            if (socket < 0 || stopping_) {
                if (socket >= 0) ::close(socket);
                return;
            }
            const int on = 1;
            ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            const std::size_t number = connections_.size();
            Connection& connection = connections_.emplace_back();
            connection.socket = socket;
            ++open_;
            connection.thread = std::thread([this, &connection, number] { serve(connection, number); });
        }
    }

    void serve(Connection& connection, std::size_t number) {
        const int socket = locked([&connection] { return connection.socket; });
        std::string unread;
        for (std::size_t sequence = 0;; ++sequence) {
            RecordedRequest request{{}, {}, number, sequence};
            if (!read_request(socket, unread, request)) break;
            {
                const std::lock_guard lock(mutex_);
                requests_.push_back(request);
                changed_.notify_all();
            }
            if (!play(socket, director_(request))) break;
        }
        const std::lock_guard lock(mutex_);
        connection.socket = -1;
        ::close(socket);
        --open_;
        changed_.notify_all();
    }

    static bool read_more(int socket, std::string& into) {
        char buffer[65536];
        const ssize_t got = ::recv(socket, buffer, sizeof buffer, 0);
        if (got <= 0) return false;
        into.append(buffer, static_cast<std::size_t>(got));
        return true;
    }

    static bool read_request(int socket, std::string& unread, RecordedRequest& request) {
        std::size_t end = 0;
        while ((end = unread.find("\r\n\r\n")) == std::string::npos)
            if (!read_more(socket, unread)) return false;
        request.head = unread.substr(0, end + 4);
        unread.erase(0, end + 4);
        const std::string lower = ascii::to_lower(request.head);
        const auto field = lower.find("\r\ncontent-length:");
        const std::size_t length =
            field == std::string::npos ? 0 : std::strtoul(lower.c_str() + field + 17, nullptr, 10);
        while (unread.size() < length)
            if (!read_more(socket, unread)) return false;
        request.body = unread.substr(0, length);
        unread.erase(0, length);
        return true;
    }

    bool send_all(int socket, std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
            const std::lock_guard lock(mutex_);
            sent_bytes_ += static_cast<std::size_t>(sent);
        }
        return true;
    }

    bool pass_gate() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return stopping_ || gate_ > 0; });
        if (stopping_) return false;
        --gate_;
        return true;
    }

    /// False when the connection is to be closed.
    bool play(int socket, const Script& script) {
        for (const Step& step : script) {
            switch (step.kind) {
                case Step::Kind::send:
                case Step::Kind::repeat:
                    for (std::size_t i = 0; i < step.times; ++i)
                        if (!send_all(socket, step.bytes)) return false;
                    break;
                case Step::Kind::gate:
                    if (!pass_gate()) return false;
                    break;
                case Step::Kind::stall: {
                    std::string ignored;
                    while (read_more(socket, ignored)) {
                    }
                    return false;
                }
                case Step::Kind::close: return false;
                case Step::Kind::reset: {
                    const linger hard{1, 0};
                    ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
                    return false;
                }
            }
        }
        return true;
    }

    Director director_;
    int listener_ = -1;
    int port_ = 0;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    bool stopping_ = false;
    std::size_t gate_ = 0;
    std::size_t open_ = 0;
    std::size_t sent_bytes_ = 0;
    std::vector<RecordedRequest> requests_;
    std::list<Connection> connections_;
    std::thread acceptor_;
};

}  // namespace kg::test
