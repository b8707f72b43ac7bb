#include "daemon/http/connection.hpp"
#include "daemon/http/response_head.hpp"

namespace kg::httpd {
namespace {

// An early refusal keeps the connection when so little of the body is left that reading over it
// costs less than a new connection.
constexpr std::uint64_t kSkipMaxBytes = 64u << 10;
constexpr std::size_t kLingerMaxBytes = 4u << 20;

}  // namespace

void Connection::on_data(std::string_view bytes) {
    used_since_sweep_ = true;
    if (input_ == Input::closed) {
        lingered_bytes_ += bytes.size();
        if (lingered_bytes_ <= kLingerMaxBytes) return;
        return lingering_ ? close() : stream_->stop_reading();
    }
    if (pending_begin_ == pending_.size()) consume(bytes);
    if (!bytes.empty()) pending_.append(bytes);
    limit_reading();
}

void Connection::limit_reading() {
    if (pending_.size() - pending_begin_ > context_.limits.pipelined_max_bytes) {
        stream_->stop_reading();
    } else if (!eof_) {
        stream_->start_reading();
    }
}

void Connection::consume_pending() {
    std::string_view rest = std::string_view(pending_).substr(pending_begin_);
    consume(rest);
    pending_begin_ = pending_.size() - rest.size();
    if (rest.empty()) {
        pending_.clear();
        pending_begin_ = 0;
    }
    limit_reading();
}

void Connection::consume(std::string_view& input) {
    while (!input.empty()) {
        switch (input_) {
            case Input::idle:
            case Input::head: consume_head(input); break;
            case Input::body:
            case Input::skip: consume_body(input); break;
            case Input::complete: return;
            case Input::closed: input = {}; return;
        }
    }
}

void Connection::consume_head(std::string_view& input) {
    switch (parser_.feed(input)) {
        case HeadParser::State::more:
            if (input_ == Input::idle && parser_.started()) {
                input_ = Input::head;
                since_ = context_.loop.now();
            }
            return;
        case HeadParser::State::failed:
            if (parser_.has_request_line()) head_ = std::move(parser_.head());
            return refuse(parser_.failure());
        case HeadParser::State::done:
            head_ = std::move(parser_.head());
            parser_.reset();
            return begin_request();
    }
}

void Connection::consume_body(std::string_view& input) {
    last_input_ = context_.loop.now();
    const bool skipping = input_ == Input::skip;
    switch (skipping ? body_.skip(input) : body_.feed(input)) {
        case BodyReader::State::more: return;
        case BodyReader::State::failed: return refuse(body_.failure());
        case BodyReader::State::done:
            input_ = Input::complete;
            if (skipping) {
                turn_.schedule();
            } else {
                dispatch();
            }
    }
}

std::string Connection::new_request_id() {
    return "req_" + context_.random.base62(24);
}

void Connection::begin_request() {
    since_ = last_input_ = context_.loop.now();
    head_.peer = stream_->peer();
    head_only_ = head_.method == http::Method::head;
    cors_ = context_.router.path_has_cors(head_.path);
    const std::string_view offered_id = head_.headers.get("x-request-id");
    request_id_ = acceptable_request_id(offered_id) ? std::string(offered_id) : new_request_id();

    std::optional<Failure> failure = read_framing(head_, framing_);
    // Where the framing itself is clear, the next request can still be found.
    if (failure && failure->status != 415 && failure->status != 417) return refuse(std::move(*failure));
    input_ = framing_.body == BodyKind::none ? Input::complete : Input::body;
    body_.begin(framing_, context_.limits.body_max_bytes);
    if (failure) return answer_failure(std::move(*failure));

    const Router::Match match = context_.router.find(head_.method, head_.path);
    if (match.route == nullptr) return answer_without_handler(match.allow);
    cors_ = match.route->cors;
    if (framing_.length > context_.limits.body_max_bytes) {
        return refuse(body_too_large(context_.limits.body_max_bytes));
    }
    call_handler(match);
}

void Connection::answer_without_handler(const std::string& allow) {
    if (head_.method == http::Method::options && cors_) {
        answer_preflight();
    } else if (allow.empty()) {
        answer_failure({404, {ErrorKind::route_not_found, "There is nothing at " + head_.path + "."}});
    } else {
        const std::string message = "This path does not accept " + head_.method_text + ".";
        answer_failure({405, {ErrorKind::method_not_allowed, message}}, allow);
    }
}

void Connection::call_handler(const Router::Match& match) {
    handler_ = match.route->make(*this, match.parameter);
    context_.gauges.requests_in_progress.fetch_add(1, std::memory_order_relaxed);
    handler_->on_head(*this);
    if (output_ != Output::none) return;
    if (input_ == Input::complete) return dispatch();
    if (framing_.expect_continue) {
        framing_.expect_continue = false;
        wire_ += "HTTP/1.1 100 Continue\r\n\r\n";
        turn_.schedule();
    }
}

void Connection::dispatch() {
    handler_->on_request(*this, body_.take());
}

/// The answer is decided and the rest of the body is of no use.
void Connection::forget_unread_body() {
    if (input_ != Input::body) return;
    // A client that waits for 100 may send the body or not after a final answer: no telling where
    // its next request would begin.
    const bool may_not_come = framing_.expect_continue && body_.untouched();
    const bool short_rest = framing_.body == BodyKind::length && body_.remaining() <= kSkipMaxBytes;
    body_.take();
    if (short_rest && !may_not_come) {
        input_ = Input::skip;
        return;
    }
    input_ = Input::closed;
    close_after_ = true;
}

}  // namespace kg::httpd
