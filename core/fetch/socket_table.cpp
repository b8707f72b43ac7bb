#include "core/fetch/socket_table.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>

namespace kg::fetch {

SocketTable::Entry& SocketTable::entry(int socket) {
    const auto index = static_cast<std::size_t>(socket);
    if (index >= entries_.size()) entries_.resize(std::max(index + 1, 2 * entries_.size()));
    return entries_[index];
}

int SocketTable::open(int family, int type, int protocol) {
    const int socket = ::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
    if (socket >= 0) entry(socket).opened_here = true;
    return socket;
}

void SocketTable::close(int socket) noexcept {
    const auto index = static_cast<std::size_t>(socket);
    assert(index < entries_.size());
    entries_[index] = Entry{};
    ::close(socket);
}

void SocketTable::want(int socket, bool readable, bool writable) {
    Entry& watched = entry(socket);
    if (watched.poll == nullptr) {
        watched.poll = std::make_unique<loop::Poll>(
            loop_, socket, [this, socket](loop::Poll::Events events) { on_event(socket, events); });
    } else if (!watched.readable && !watched.writable) {
        watched.poll->set_keeps_alive(true);
    }
    watched.readable = readable;
    watched.writable = writable;
    watched.poll->watch(readable, writable);
}

void SocketTable::forget(int socket) {
    Entry& watched = entry(socket);
    if (watched.poll == nullptr) return;
    if (!watched.opened_here) {
        watched = Entry{};
        return;
    }
    if (watched.writable) watched.poll->watch(watched.readable, false);
    watched.readable = watched.writable = false;
    watched.poll->set_keeps_alive(false);
}

void SocketTable::on_event(int socket, loop::Poll::Events events) {
    if (const Entry& watched = entry(socket); !watched.readable && !watched.writable) {
        // An idle or paused connection has news: it is told when curl asks again.
        watched.poll->watch(false, false);
        return;
    }
    ready_(socket, events);
    // An error stops the poll handle; curl may need another turn to find out what happened.
    if (const Entry& watched = entry(socket);
        watched.poll != nullptr && (watched.readable || watched.writable))
        watched.poll->watch(watched.readable, watched.writable);
}

}  // namespace kg::fetch
