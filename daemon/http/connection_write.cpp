#include "daemon/http/connection.hpp"

#include <array>
#include <cassert>
#include <charconv>

#include "daemon/http/response_head.hpp"

namespace kg::httpd {
namespace {

// Up to here a body is copied behind its head; a larger one is moved and sent from where it is.
constexpr std::size_t kCopiedBodyMaxBytes = 16u << 10;
// Answers to pipelined requests gather up to here before they are sent.
constexpr std::size_t kBatchBytes = 64u << 10;

void append_number(std::string& wire, std::size_t value, int base) {
    std::array<char, 24> text;
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value, base).ptr;
    wire.append(text.data(), end);
}

}  // namespace

/// The server's own fields and the empty line. `wish` is the handler's Connection field.
void Connection::finish_head(std::string_view wish) {
    wire_.append("request-id: ").append(request_id_);
    wire_.append("\r\nx-request-id: ").append(request_id_).append("\r\n");
    if (cors_) context_.cors.append_headers(wire_, head_.headers.get("origin"));
    if (!framing_.keep_alive || context_.draining || list_has(wish, "close")) close_after_ = true;
    wire_ += close_after_ ? "connection: close\r\n\r\n" : "connection: keep-alive\r\n\r\n";
}

void Connection::respond(http::Response response) {
    assert(output_ == Output::none && "a request is answered once");
    if (output_ != Output::none || !stream_) return;
    forget_unread_body();
    append_status_and_fields(wire_, response.status, response.headers);
    const bool has_body = status_has_body(response.status);
    if (has_body) {
        wire_ += "content-length: ";
        append_number(wire_, response.body.size(), 10);
        wire_ += "\r\n";
    }
    finish_head(response.headers.get("connection"));
    out_.clear();
    if (has_body && !head_only_) {
        if (response.body.size() <= kCopiedBodyMaxBytes) {
            wire_ += response.body;
        } else {
            out_ = std::move(response.body);
        }
    }
    output_ = Output::done;
    turn_.schedule();
}

void Connection::begin_stream(int status, http::Headers headers) {
    assert(output_ == Output::none && "a request is answered once");
    if (output_ != Output::none || !stream_) return;
    forget_unread_body();
    append_status_and_fields(wire_, status, headers);
    if (head_.http_1_0) {
        close_after_ = true;  // the end of the connection is the only end there is
    } else {
        wire_ += "transfer-encoding: chunked\r\n";
        chunked_ = !head_only_;
    }
    finish_head(headers.get("connection"));
    output_ = Output::stream;
}

Flow Connection::commit() {
    if (output_ != Output::stream || !stream_) return Flow::more;
    if (head_only_) out_.clear();
    turn_.schedule();
    if (backlog_bytes() <= context_.limits.write_high_bytes) return Flow::more;
    paused_ = true;
    return Flow::pause;
}

void Connection::flush() {
    if (output_ != Output::stream || !stream_ || broken_) return;
    broken_ = !write_gathered();
}

void Connection::end_stream() {
    assert(output_ == Output::stream);
    if (output_ != Output::stream) return;
    if (head_only_) out_.clear();
    output_ = Output::done;
    terminator_due_ = chunked_;
    turn_.schedule();
}

void Connection::abort_stream() {
    if (output_ == Output::done) return;
    output_ = Output::done;
    cut_ = true;
    close_after_ = true;
    input_ = Input::closed;
    turn_.schedule();
}

std::size_t Connection::backlog_bytes() const {
    return (stream_ ? stream_->queued_bytes() : 0) + wire_.size() + out_.size();
}

/// An error of our own making. The connection lives on when framing allows.
void Connection::answer_failure(Failure failure, std::string_view allow) {
    if (request_id_.empty()) request_id_ = new_request_id();
    const RequestHead* head = head_.method_text.empty() ? nullptr : &head_;
    http::Response response = context_.errors.render(head, failure.error, request_id_);
    response.status = failure.status;
    if (!allow.empty()) response.headers.set("allow", std::string(allow));
    respond(std::move(response));
}

/// An error after which nothing the client sends can be trusted to be a request.
void Connection::refuse(Failure failure) {
    drop_handler();
    input_ = Input::closed;
    close_after_ = true;
    if (output_ == Output::none) {
        answer_failure(std::move(failure));
    } else {
        turn_.schedule();
    }
}

void Connection::answer_preflight() {
    forget_unread_body();
    const http::Headers& headers = head_.headers;
    wire_ += "HTTP/1.1 204 No Content\r\n";
    context_.cors.append_preflight(wire_, headers.get("origin"),
                                   headers.get("access-control-request-headers"));
    cors_ = false;  // said already, with more
    finish_head({});
    output_ = Output::done;
    turn_.schedule();
}

/// At most one system call: heads, chunk size, everything the handlers gathered in this turn, end.
bool Connection::write_gathered() {
    if (stream_->writing()) return true;
    std::string nothing;
    std::string& body = output_ == Output::none ? nothing : out_;
    std::string_view tail;
    if (chunked_ && !body.empty()) {
        append_number(wire_, body.size(), 16);
        wire_ += "\r\n";
        tail = terminator_due_ ? "\r\n0\r\n\r\n" : "\r\n";
    } else if (terminator_due_) {
        wire_ += "0\r\n\r\n";
    }
    terminator_due_ = false;
    if (wire_.empty() && body.empty()) return true;
    used_since_sweep_ = true;
    if (!stream_->write(wire_, body, tail)) return false;
    if (stream_->writing()) {
        last_output_ = context_.loop.now();
        last_queued_ = stream_->queued_bytes();
    }
    return true;
}

bool Connection::awaits_next() const {
    return output_ == Output::done && input_ == Input::complete && !close_after_ && !stream_->writing() &&
           out_.empty() && !terminator_due_ && wire_.size() < kBatchBytes;
}

void Connection::begin_next() {
    output_ = Output::none;
    input_ = Input::idle;
    since_ = context_.loop.now();
    head_ = RequestHead{};
    framing_ = Framing{};
    request_id_.clear();
    head_only_ = cors_ = chunked_ = paused_ = false;
    consume_pending();
}

/// The one place where a connection moves on; see the class comment.
void Connection::turn() {
    if (output_ == Output::done) drop_handler();
    while (awaits_next()) {
        begin_next();
        if (output_ == Output::done) drop_handler();
    }
    if (eof_ && output_ != Output::done) {
        // Half-closed: earlier answers are still delivered, nothing new begins.
        drop_handler();
        output_ = Output::done;
        input_ = Input::closed;
        close_after_ = true;
        out_.clear();
    }
    if (broken_ || !write_gathered()) return close();
    if (cut_) return finish();
    if (backlog_bytes() == 0 && output_ == Output::done) {
        if (close_after_) return finish();
        if (awaits_next()) turn_.schedule();
    }
    wake_producer();
}

void Connection::on_written() {
    last_output_ = context_.loop.now();
    turn();
}

void Connection::wake_producer() {
    if (!paused_ || output_ != Output::stream) return;
    if (backlog_bytes() > context_.limits.write_low_bytes) return;
    paused_ = false;
    handler_->on_drained();
}

}  // namespace kg::httpd
