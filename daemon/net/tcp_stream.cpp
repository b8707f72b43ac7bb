#include "daemon/net/tcp_stream.hpp"

#include <uv.h>

#include <algorithm>
#include <cassert>

#include "daemon/net/address.hpp"

namespace kg::net {
namespace {

constexpr std::size_t kTailMax = 16;
constexpr std::size_t kKeptCapacity = 4u << 10;

void release_if_large(std::string& text) {
    text.clear();
    if (text.capacity() > kKeptCapacity) std::string().swap(text);
}

uv_buf_t piece(const std::string& text) {
    return uv_buf_init(const_cast<char*>(text.data()), static_cast<unsigned>(text.size()));
}

}  // namespace

struct TcpStream::Back {
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } uv;
    uv_write_t write;
    uv_shutdown_t shutdown;
    TcpStream* front = nullptr;
    bool unix_socket = false;
    bool writing = false;
    bool shutting_down = false;
    std::string prefix;
    std::string data;
    std::array<char, kTailMax> tail;

    static Back* of(void* data) { return static_cast<Back*>(data); }

    static void on_alloc(uv_handle_t* handle, std::size_t, uv_buf_t* out) noexcept {
        TcpStream* front = of(handle->data)->front;
        if (front == nullptr) {
            *out = uv_buf_init(nullptr, 0);
            return;
        }
        auto& bytes = front->buffer_.bytes;
        *out = uv_buf_init(bytes.data(), static_cast<unsigned>(bytes.size()));
    }

    static void on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) noexcept {
        TcpStream* front = of(stream->data)->front;
        if (front == nullptr || count == 0) return;
        if (count > 0) {
            front->handler_->on_data({buffer->base, static_cast<std::size_t>(count)});
            return;
        }
        front->reading_ = false;
        uv_read_stop(stream);
        if (count == UV_EOF) {
            front->handler_->on_eof();
        } else {
            front->handler_->on_broken();
        }
    }

    static void on_write(uv_write_t* request, int status) noexcept {
        Back* back = of(request->data);
        back->writing = false;
        release_if_large(back->prefix);
        release_if_large(back->data);
        if (back->front == nullptr) return;
        if (status < 0) {
            back->front->handler_->on_broken();
        } else {
            back->front->handler_->on_written();
        }
    }

    static void on_shutdown(uv_shutdown_t*, int) noexcept {}
    static void on_close(uv_handle_t* handle) noexcept { delete of(handle->data); }
};

std::unique_ptr<TcpStream> TcpStream::accept(loop::Loop& loop, uv_stream_s* listener, bool unix_socket,
                                             ReadBuffer& buffer) {
    auto* back = new Back;
    back->unix_socket = unix_socket;
    if (unix_socket) {
        uv_pipe_init(loop.raw(), &back->uv.pipe, 0);
    } else {
        uv_tcp_init(loop.raw(), &back->uv.tcp);
    }
    back->uv.handle.data = back;
    back->write.data = back;
    if (uv_accept(listener, &back->uv.stream) != 0) {
        uv_close(&back->uv.handle, &Back::on_close);
        return nullptr;
    }
    std::string peer = "unix";
    if (!unix_socket) {
        uv_tcp_nodelay(&back->uv.tcp, 1);
        sockaddr_storage address{};
        int length = sizeof address;
        auto* generic = static_cast<sockaddr*>(static_cast<void*>(&address));
        if (uv_tcp_getpeername(&back->uv.tcp, generic, &length) == 0) peer = address_text(address);
    }
    return std::unique_ptr<TcpStream>(new TcpStream(back, buffer, std::move(peer)));
}

TcpStream::TcpStream(Back* back, ReadBuffer& buffer, std::string peer)
    : back_(back), buffer_(buffer), peer_(std::move(peer)) {
    back_->front = this;
}

TcpStream::~TcpStream() {
    back_->front = nullptr;
    // libuv refuses a reset once FIN was asked for; an ordinary close is what remains.
    if (reset_ && !back_->unix_socket && !back_->shutting_down &&
        uv_tcp_close_reset(&back_->uv.tcp, &Back::on_close) == 0) {
        return;
    }
    uv_close(&back_->uv.handle, &Back::on_close);
}

void TcpStream::start(StreamHandler& handler) {
    handler_ = &handler;
    start_reading();
}

void TcpStream::start_reading() {
    assert(handler_ != nullptr);
    if (reading_) return;
    reading_ = uv_read_start(&back_->uv.stream, &Back::on_alloc, &Back::on_read) == 0;
}

void TcpStream::stop_reading() {
    if (!reading_) return;
    reading_ = false;
    uv_read_stop(&back_->uv.stream);
}

bool TcpStream::write(std::string& prefix, std::string& data, std::string_view tail) {
    assert(!back_->writing && tail.size() <= kTailMax);
    uv_buf_t bufs[3];
    unsigned count = 0;
    if (!prefix.empty()) bufs[count++] = piece(prefix);
    if (!data.empty()) bufs[count++] = piece(data);
    if (!tail.empty()) {
        bufs[count++] = uv_buf_init(const_cast<char*>(tail.data()), static_cast<unsigned>(tail.size()));
    }
    if (count == 0) return true;
    const std::size_t total = prefix.size() + data.size() + tail.size();
    const int written = uv_try_write(&back_->uv.stream, bufs, count);
    if (written < 0 && written != UV_EAGAIN) return false;
    std::size_t done = written > 0 ? static_cast<std::size_t>(written) : 0;
    if (done == total) {
        prefix.clear();
        data.clear();
        return true;
    }

    // Swapped, not copied: the caller goes on with the emptied buffers of an earlier write.
    std::swap(prefix, back_->prefix);
    std::swap(data, back_->data);
    prefix.clear();
    data.clear();
    std::copy(tail.begin(), tail.end(), back_->tail.begin());
    const std::string_view parts[3] = {back_->prefix, back_->data, {back_->tail.data(), tail.size()}};
    count = 0;
    for (const std::string_view part : parts) {
        const std::size_t skipped = std::min(done, part.size());
        done -= skipped;
        if (skipped == part.size()) continue;
        bufs[count++] = uv_buf_init(const_cast<char*>(part.data() + skipped),
                                    static_cast<unsigned>(part.size() - skipped));
    }
    if (uv_write(&back_->write, &back_->uv.stream, bufs, count, &Back::on_write) != 0) return false;
    back_->writing = true;
    return true;
}

bool TcpStream::writing() const {
    return back_->writing;
}

std::size_t TcpStream::queued_bytes() const {
    return uv_stream_get_write_queue_size(&back_->uv.stream);
}

void TcpStream::shutdown() {
    if (back_->shutting_down) return;
    back_->shutting_down = uv_shutdown(&back_->shutdown, &back_->uv.stream, &Back::on_shutdown) == 0;
}

}  // namespace kg::net
