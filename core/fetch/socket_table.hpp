#pragma once

#include <memory>
#include <vector>

#include "core/base/unique_function.hpp"
#include "core/loop/poll.hpp"

struct sockaddr;

namespace kg::fetch {

/// The sockets curl asks us to watch. A connection's socket keeps its poll handle from the first
/// interest until curl closes it, and keeps being watched for reading while it waits for its next
/// request: a reused connection costs no epoll call. Sockets that curl did not open through open()
/// (its resolver's) are let go as soon as curl says so.
class SocketTable {
  public:
    using Ready = UniqueFunction<void(int socket, loop::Poll::Events)>;

    using Filter = bool (*)(const sockaddr* address) noexcept;

    /// `filter` may be null: sockets to all addresses are opened.
    SocketTable(loop::Loop& loop, Ready ready, Filter filter = nullptr)
        : loop_(loop), ready_(std::move(ready)), filter_(filter) {}

    int open(int family, int type, int protocol);  // a descriptor, or -1
    bool admits(const sockaddr* address) const noexcept { return !filter_ || filter_(address); }
    bool is_guarded() const { return filter_ != nullptr; }
    void close(int socket) noexcept;
    void want(int socket, bool readable, bool writable);
    void forget(int socket);
    bool wants_reading(int socket) { return entry(socket).readable; }

  private:
    struct Entry {
        std::unique_ptr<loop::Poll> poll;
        bool opened_here = false;
        bool readable = false;  // what curl is waiting for
        bool writable = false;
    };
    Entry& entry(int socket);
    void on_event(int socket, loop::Poll::Events events);

    loop::Loop& loop_;
    Ready ready_;
    const Filter filter_;
    std::vector<Entry> entries_;  // by descriptor
};

}  // namespace kg::fetch
