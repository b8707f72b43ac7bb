#include "daemon/net/tcp_listener.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "core/base/log.hpp"
#include "daemon/net/address.hpp"

namespace kg::net {
namespace {

constexpr int kBacklog = 4096;

Err<Error> failed(std::string_view what, int error_number) {
    return Err(Error{ErrorKind::io_failed,
                     "cannot listen on " + std::string(what) + ": " + std::strerror(error_number)});
}

const sockaddr* generic(const sockaddr_storage& address) {
    return static_cast<const sockaddr*>(static_cast<const void*>(&address));
}

/// 0 when the path is free (a stale socket file was removed), else the errno to report.
int clear_stale_socket(const ListenAddress& address) {
    struct stat info {};
    if (lstat(address.unix_path.c_str(), &info) != 0) return errno == ENOENT ? 0 : errno;
    if (!S_ISSOCK(info.st_mode)) return EEXIST;
    const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0) return errno;
    const int connected = connect(probe, generic(address.socket), address.length);
    const int why = errno;
    close(probe);
    // EAGAIN means a full queue: somebody is alive behind it.
    if (connected == 0 || why != ECONNREFUSED) return EADDRINUSE;
    return unlink(address.unix_path.c_str()) == 0 || errno == ENOENT ? 0 : errno;
}

int bind_socket(int fd, const ListenAddress& address, bool share_port) {
    const int on = 1;
    if (address.unix_path.empty()) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        if (share_port && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) return errno;
    }
    if (bind(fd, generic(address.socket), address.length) != 0) return errno;
    // Nobody can connect before listen(), so the mode is in force for the first client.
    if (!address.unix_path.empty() && chmod(address.unix_path.c_str(), 0600) != 0) return errno;
    return 0;
}

}  // namespace

struct TcpListener::Back {
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } uv;
    TcpListener* front = nullptr;
    bool unix_socket = false;

    static void on_connection(uv_stream_t* server, int status) noexcept {
        TcpListener* front = static_cast<Back*>(server->data)->front;
        if (front == nullptr) return;
        if (status < 0) {
            log::warn("http", "accept failed", {{"reason", uv_strerror(status)}});
            return;
        }
        if (front->handler_.may_accept()) {
            front->accept_one();
        } else {
            front->waiting_ = true;  // libuv stops polling until the announced one is taken
        }
    }
    static void on_close(uv_handle_t* handle) noexcept { delete static_cast<Back*>(handle->data); }
};

TcpListener::TcpListener(loop::Loop& loop, ReadBuffer& buffer, AcceptHandler& handler)
    : loop_(loop), buffer_(buffer), handler_(handler) {}

TcpListener::~TcpListener() {
    if (back_ == nullptr) return;
    back_->front = nullptr;
    uv_close(&back_->uv.handle, &Back::on_close);
    if (!unix_path_.empty()) unlink(unix_path_.c_str());
}

Result<std::unique_ptr<TcpListener>> TcpListener::open(loop::Loop& loop, std::string_view text,
                                                       bool share_port, ReadBuffer& buffer,
                                                       AcceptHandler& handler) {
    KG_TRY(address, parse_listen_address(text));
    const bool unix_socket = !address.unix_path.empty();
    if (unix_socket) {
        if (const int why = clear_stale_socket(address)) return failed(text, why);
    }
    const int fd = socket(address.socket.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return failed(text, errno);
    if (const int why = bind_socket(fd, address, share_port)) {
        close(fd);
        return failed(text, why);
    }
    auto listener = adopt(loop, fd, buffer, handler);
    if (listener) listener.value()->unix_path_ = address.unix_path;
    return listener;
}

Result<void> TcpListener::check_unused(std::string_view text) {
    KG_TRY(address, parse_listen_address(text));
    if (!address.unix_path.empty()) return {};
    const int fd = socket(address.socket.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return failed(text, errno);
    const int why = bind_socket(fd, address, false);
    close(fd);
    if (why != 0) return failed(text, why);
    return {};
}

Result<std::unique_ptr<TcpListener>> TcpListener::adopt(loop::Loop& loop, int fd, ReadBuffer& buffer,
                                                        AcceptHandler& handler) {
    sockaddr_storage bound{};
    socklen_t length = sizeof bound;
    auto* address = static_cast<sockaddr*>(static_cast<void*>(&bound));
    const std::string name = "descriptor " + std::to_string(fd);
    if (getsockname(fd, address, &length) != 0) {
        const int why = errno;
        close(fd);
        return failed(name, why);
    }
    // A peer that vanished between two writes must be an error code, not the end of the process;
    // libuv writes with writev(), which has no flag for that.
    std::signal(SIGPIPE, SIG_IGN);

    std::unique_ptr<TcpListener> listener(new TcpListener(loop, buffer, handler));
    auto* back = new Back;
    back->front = listener.get();
    back->unix_socket = bound.ss_family == AF_UNIX;
    int status = 0;
    if (back->unix_socket) {
        uv_pipe_init(loop.raw(), &back->uv.pipe, 0);
        status = uv_pipe_open(&back->uv.pipe, fd);
    } else {
        uv_tcp_init(loop.raw(), &back->uv.tcp);
        status = uv_tcp_open(&back->uv.tcp, fd);
    }
    back->uv.handle.data = back;
    listener->back_ = back;
    if (status != 0) {
        close(fd);
        return failed(name, -status);
    }
    status = uv_listen(&back->uv.stream, kBacklog, &Back::on_connection);
    if (status != 0) return failed(name, -status);
    return listener;
}

void TcpListener::accept_one() {
    waiting_ = false;
    if (auto stream = TcpStream::accept(loop_, &back_->uv.stream, back_->unix_socket, buffer_)) {
        handler_.on_accept(std::move(stream));
    }
}

void TcpListener::resume() {
    if (waiting_ && handler_.may_accept()) accept_one();
}

int TcpListener::port() const {
    if (back_->unix_socket) return -1;
    sockaddr_storage bound{};
    int length = sizeof bound;
    auto* address = static_cast<sockaddr*>(static_cast<void*>(&bound));
    if (uv_tcp_getsockname(&back_->uv.tcp, address, &length) != 0) return -1;
    const auto* v4 = static_cast<const sockaddr_in*>(static_cast<const void*>(&bound));
    return ntohs(v4->sin_port);  // the port sits at the same place in sockaddr_in6
}

}  // namespace kg::net
