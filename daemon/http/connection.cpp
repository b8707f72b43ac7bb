#include "daemon/http/connection.hpp"

#include <cassert>

namespace kg::httpd {
namespace {

constexpr std::chrono::milliseconds kLingerTimeout{2'000};
constexpr std::size_t kKeptCapacity = 1u << 10;

void give_back(std::string& text) {
    if (text.empty() && text.capacity() > kKeptCapacity) std::string().swap(text);
}

}  // namespace

Connection::Connection(ServerContext& context, ConnectionOwner& owner, std::unique_ptr<net::TcpStream> stream)
    : context_(context),
      owner_(owner),
      stream_(std::move(stream)),
      turn_(context.loop, [this] { turn(); }),
      parser_(context.limits) {
    context_.gauges.connections.fetch_add(1, std::memory_order_relaxed);
}

Connection::~Connection() {
    drop_handler();
    if (stream_) context_.gauges.connections.fetch_sub(1, std::memory_order_relaxed);
}

void Connection::start() {
    since_ = last_output_ = context_.loop.now();
    stream_->start(*this);
}

void Connection::drop_handler() {
    if (!handler_) return;
    // Moved out first: while it is being destroyed the connection already looks as it will after.
    const std::unique_ptr<Handler> dying = std::move(handler_);
    context_.gauges.requests_in_progress.fetch_sub(1, std::memory_order_relaxed);
}

void Connection::close() {
    if (!stream_) return;
    drop_handler();
    turn_.cancel();
    input_ = Input::closed;
    stream_.reset();
    context_.gauges.connections.fetch_sub(1, std::memory_order_relaxed);
    owner_.on_closed(*this);
}

void Connection::on_broken() {
    close();
}

void Connection::on_eof() {
    eof_ = true;
    // Clients abort by closing, and nothing else tells us: an unanswered request dies with the read
    // side. An answer that is already queued is still delivered, for clients that half-close.
    const bool answered = output_ == Output::done && !lingering_;
    const bool more_requests = answered && pending_begin_ < pending_.size();
    if (!answered || (backlog_bytes() == 0 && !more_requests)) return close();
    turn_.schedule();
}

/// Every byte is written and nothing else is wanted on this connection.
void Connection::finish() {
    if (cut_) {
        if (head_.http_1_0) stream_->reset_on_close();  // an orderly end would look complete
        return close();
    }
    const bool read_everything = input_ == Input::complete && pending_begin_ == pending_.size();
    if (eof_ || read_everything) return close();
    linger();
}

/// Closing with unread bytes makes the kernel send RST, which can destroy the answer before the
/// client has read it. So: FIN first, then read over the rest for a while.
void Connection::linger() {
    if (lingering_) return;
    lingering_ = true;
    input_ = Input::closed;
    std::string().swap(pending_);
    pending_begin_ = 0;
    since_ = context_.loop.now();
    stream_->shutdown();
    stream_->start_reading();
}

void Connection::drain() {
    if (!stream_) return;
    const bool between_requests = output_ != Output::stream && !handler_ && backlog_bytes() == 0;
    if (between_requests && input_ == Input::idle) return close();
    close_after_ = true;
}

std::optional<Failure> Connection::timed_out(SteadyTime now) const {
    const Limits& limits = context_.limits;
    const Error error{ErrorKind::upstream_timeout, "The request did not arrive in time."};
    if (input_ == Input::head && now - since_ > limits.head_timeout) return Failure{408, error};
    if (input_ == Input::body && output_ == Output::none &&
        (now - last_input_ > limits.body_timeout || now - since_ > limits.body_total_timeout)) {
        return Failure{408, error};
    }
    return std::nullopt;
}

void Connection::sweep(SteadyTime now) {
    if (!stream_) return;
    if (stream_->writing()) {
        const std::size_t queued = stream_->queued_bytes();
        if (queued != last_queued_) last_output_ = now;
        last_queued_ = queued;
        if (now - last_output_ > context_.limits.send_timeout) {
            stream_->reset_on_close();
            return close();
        }
    }
    if (lingering_) {
        if (now - since_ > kLingerTimeout) close();
        return;
    }
    if (auto failure = timed_out(now)) return refuse(std::move(*failure));
    if (input_ == Input::skip && now - last_input_ > context_.limits.body_timeout) return close();
    if (input_ == Input::idle && !handler_ && backlog_bytes() == 0 &&
        now - since_ > context_.limits.keep_alive_timeout) {
        return close();
    }
    if (!used_since_sweep_) {
        give_back(wire_);
        give_back(out_);
        give_back(pending_);
    }
    used_since_sweep_ = false;
}

}  // namespace kg::httpd
