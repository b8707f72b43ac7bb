#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/ascii.hpp"
#include "core/http/message.hpp"

namespace kg::test {

struct ProbeResponse {
    int status = 0;
    http::Headers headers;
    std::string body;
    std::vector<std::size_t> chunks;  // sizes as received, without the last empty one
    bool complete = false;            // false: the connection ended before the body did
};

/// A raw HTTP client for tests: sends exactly the bytes it is given and reads answers one by one.
/// `pump` runs while it waits; with the server on the same thread it is
/// `[&] { loop.run_once(false); }`. Whoever waits longer than 90 s gets an exception.
class HttpProbe {
  public:
    using Pump = std::function<void()>;

    static HttpProbe tcp(int port, Pump pump = {}) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(port));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return HttpProbe(AF_INET, &address, sizeof address, std::move(pump));
    }
    static HttpProbe unix_socket(const std::string& path, Pump pump = {}) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.data(), std::min(path.size(), sizeof address.sun_path - 1));
        return HttpProbe(AF_UNIX, &address, sizeof address, std::move(pump));
    }
    HttpProbe(HttpProbe&& other) noexcept
        : fd_(std::exchange(other.fd_, -1)),
          pump_(std::move(other.pump_)),
          in_(std::move(other.in_)),
          eof_(other.eof_) {}
    HttpProbe& operator=(HttpProbe&&) = delete;
    ~HttpProbe() { close(); }

    /// Returns false when the server closed before everything was taken.
    bool send(std::string_view bytes) {
        const auto deadline = limit();
        while (!bytes.empty()) {
            const std::size_t sent = send_some(bytes);
            if (broken_) return false;
            bytes.remove_prefix(sent);
            if (sent == 0) wait(POLLOUT, deadline);
        }
        return true;
    }
    /// What the socket takes at once.
    std::size_t send_some(std::string_view bytes) {
        const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count >= 0) return static_cast<std::size_t>(count);
        broken_ = errno != EAGAIN && errno != EINTR;
        return 0;
    }

    /// One answer; interim 100s are skipped, see saw_continue(). `to_head`: there is no body.
    ProbeResponse response(bool to_head = false) {
        ProbeResponse out;
        do {
            out = ProbeResponse{};
            if (!read_head(out)) return out;
            if (out.status == 100) saw_continue_ = true;
        } while (out.status == 100);
        const bool bodiless = to_head || out.status == 204 || out.status == 304;
        if (bodiless) {
            out.complete = true;
        } else if (ascii::equals_ignoring_case(out.headers.get("transfer-encoding"), "chunked")) {
            out.complete = read_chunks(out);
        } else if (out.headers.has("content-length")) {
            const std::size_t size =
                std::strtoul(std::string(out.headers.get("content-length")).c_str(), nullptr, 10);
            out.complete = need(size);
            out.body = take(std::min(size, in_.size()));
        } else {
            while (receive()) {
            }
            out.complete = !broken_;
            out.body = take(in_.size());
        }
        return out;
    }
    ProbeResponse exchange(std::string_view request, bool to_head = false) {
        send(request);
        return response(to_head);
    }
    bool saw_continue() const { return saw_continue_; }

    /// Waits until `text` has come, and returns everything up to and including it.
    std::string read_past(std::string_view text) {
        std::size_t at = 0;
        while ((at = in_.find(text)) == std::string::npos) {
            if (!receive()) return take(in_.size());
        }
        return take(at + text.size());
    }
    /// Everything that is there, without waiting.
    std::string available() {
        while (receive_once() > 0) {
        }
        return take(in_.size());
    }
    /// Waits for the end of the connection; true when nothing came before it.
    bool closed() {
        while (receive()) {
        }
        return in_.empty();
    }
    bool was_reset() const { return broken_; }

    void shutdown_write() { ::shutdown(fd_, SHUT_WR); }
    void close() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }
    void reset() {
        const linger hard{1, 0};
        setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        close();
    }
    int fd() const { return fd_; }

  private:
    using Clock = std::chrono::steady_clock;

    HttpProbe(int family, const void* address, socklen_t length, Pump pump) : pump_(std::move(pump)) {
        fd_ = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (::connect(fd_, static_cast<const sockaddr*>(address), length) != 0) {
            const std::string why = std::strerror(errno);
            close();
            throw std::runtime_error("probe: cannot connect: " + why);
        }
        ::fcntl(fd_, F_SETFL, O_NONBLOCK);
    }

    static Clock::time_point limit() { return Clock::now() + std::chrono::seconds(90); }

    void wait(short events, Clock::time_point deadline) {
        if (Clock::now() > deadline) throw std::runtime_error("probe: waited too long");
        if (pump_) pump_();
        pollfd entry{fd_, events, 0};
        ::poll(&entry, 1, pump_ ? 0 : 50);
    }

    ssize_t receive_once() {
        char buffer[16384];
        const ssize_t count = ::recv(fd_, buffer, sizeof buffer, 0);
        if (count > 0) in_.append(buffer, static_cast<std::size_t>(count));
        if (count == 0) eof_ = true;
        if (count < 0 && errno != EAGAIN && errno != EINTR) eof_ = broken_ = true;
        return count;
    }
    /// Waits for more bytes; false at the end.
    bool receive() {
        const auto deadline = limit();
        for (;;) {
            if (eof_) return false;
            if (receive_once() > 0) return true;
            if (!eof_) wait(POLLIN, deadline);
        }
    }
    bool need(std::size_t count) {
        while (in_.size() < count) {
            if (!receive()) return false;
        }
        return true;
    }
    std::string take(std::size_t count) {
        std::string out = in_.substr(0, count);
        in_.erase(0, count);
        return out;
    }
    bool read_line(std::string& line) {
        std::size_t end = 0;
        while ((end = in_.find("\r\n")) == std::string::npos) {
            if (!receive()) return false;
        }
        line = take(end);
        in_.erase(0, 2);
        return true;
    }
    bool read_head(ProbeResponse& out) {
        std::string line;
        if (!read_line(line) || line.size() < 12 || line.compare(0, 7, "HTTP/1.") != 0) return false;
        out.status = std::atoi(line.c_str() + 9);
        while (read_line(line)) {
            if (line.empty()) return true;
            const std::size_t colon = line.find(':');
            if (colon == std::string::npos) return false;
            out.headers.add(line.substr(0, colon),
                            std::string(ascii::trim(std::string_view(line).substr(colon + 1))));
        }
        return false;
    }
    bool read_chunks(ProbeResponse& out) {
        std::string line;
        while (read_line(line)) {
            const std::size_t size = std::strtoul(line.c_str(), nullptr, 16);
            if (!need(size + 2)) {
                out.body += take(std::min(size, in_.size()));
                return false;
            }
            if (size == 0) return take(2) == "\r\n";
            out.body += take(size);
            out.chunks.push_back(size);
            if (take(2) != "\r\n") return false;
        }
        return false;
    }

    int fd_ = -1;
    Pump pump_;
    std::string in_;
    bool eof_ = false;
    bool broken_ = false;
    bool saw_continue_ = false;
};

}  // namespace kg::test
