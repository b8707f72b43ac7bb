#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/loop/loop.hpp"
#include "daemon/net/tcp_stream.hpp"

namespace kg::net {

class AcceptHandler {
  public:
    /// False: the connection stays in the kernel's queue until resume().
    virtual bool may_accept() = 0;
    virtual void on_accept(std::unique_ptr<TcpStream> stream) = 0;

  protected:
    ~AcceptHandler() = default;
};

/// A listening TCP or Unix socket on one loop. Destroying it stops listening (and removes the
/// socket file it made); accepted streams live on.
class TcpListener {
  public:
    /// `share_port` sets SO_REUSEPORT, so that every worker has a queue of its own. A Unix socket
    /// file that nothing answers on is replaced; the new one has mode 0600.
    static Result<std::unique_ptr<TcpListener>> open(loop::Loop& loop, std::string_view address,
                                                     bool share_port, ReadBuffer& buffer,
                                                     AcceptHandler& handler);
    /// Whether a TCP address can be listened on by us alone. Sockets that share a port would also share
    /// it, unnoticed, with another process of the same user. A Unix socket is checked by open().
    static Result<void> check_unused(std::string_view address);
    /// Takes a bound stream socket that somebody else opened, and owns it from here on, also when
    /// this fails.
    static Result<std::unique_ptr<TcpListener>> adopt(loop::Loop& loop, int fd, ReadBuffer& buffer,
                                                      AcceptHandler& handler);
    TcpListener(const TcpListener&) = delete;
    TcpListener& operator=(const TcpListener&) = delete;
    ~TcpListener();

    void resume();     // after may_accept() said no and things have changed
    int port() const;  // -1 for a Unix socket

  private:
    struct Back;
    TcpListener(loop::Loop& loop, ReadBuffer& buffer, AcceptHandler& handler);
    void accept_one();

    loop::Loop& loop_;
    ReadBuffer& buffer_;
    AcceptHandler& handler_;
    Back* back_ = nullptr;
    bool waiting_ = false;  // one connection was announced and not taken
    std::string unix_path_;
};

}  // namespace kg::net
