#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/random.hpp"
#include "core/loop/loop.hpp"
#include "daemon/http/body_reader.hpp"
#include "daemon/http/cors.hpp"
#include "daemon/http/exchange.hpp"
#include "daemon/http/framing.hpp"
#include "daemon/http/head_parser.hpp"
#include "daemon/http/limits.hpp"
#include "daemon/http/router.hpp"
#include "daemon/http/server.hpp"
#include "daemon/net/tcp_stream.hpp"

namespace kg::httpd {

/// What the connections of one server share.
struct ServerContext {
    loop::Loop& loop;
    const Router& router;
    const ErrorRenderer& errors;
    Random& random;
    ServerGauges& gauges;
    const Limits limits;
    const CorsPolicy cors;
    net::ReadBuffer read_buffer;
    bool draining = false;
};

class Connection;

class ConnectionOwner {
  public:
    /// The socket is closed and the handler gone; destroy the connection later in this loop turn.
    virtual void on_closed(Connection& connection) = 0;

  protected:
    ~ConnectionOwner() = default;
};

/// One client connection and its requests, one at a time. Split by verb: connection.cpp (life and
/// time), connection_read.cpp (bytes to handler), connection_write.cpp (answers to bytes).
///
/// The handler calls into the Exchange half from anywhere on the loop; those calls only mark and
/// schedule turn_. Everything that destroys (handler, stream, the connection itself) happens in
/// turn() or in a stream callback, where no frame of the handler is on the stack.
class Connection final : private net::StreamHandler, private Exchange {
  public:
    Connection(ServerContext& context, ConnectionOwner& owner, std::unique_ptr<net::TcpStream> stream);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    void start();
    void sweep(SteadyTime now);  // enforces the timeouts, gives back unused memory
    void drain();                // closes now when idle, else after the running answer

    std::size_t index = 0;  // the owner's: where it keeps this connection

  private:
    /// Where we are in the bytes the client sends.
    enum class Input : std::uint8_t {
        idle,      // nothing of the next request yet
        head,      // a part of its head
        body,      // head done, body coming
        skip,      // answered already; the short rest of the body is read over
        complete,  // whole request read; later bytes wait in pending_
        closed,    // nothing more will be understood on this connection
    };
    /// Where we are in what we send.
    enum class Output : std::uint8_t {
        none,    // no answer yet
        stream,  // begin_stream() was called
        done,    // the answer is queued to its end
    };

    // net::StreamHandler
    void on_data(std::string_view bytes) override;
    void on_eof() override;
    void on_written() override;
    void on_broken() override;

    // Exchange
    const RequestHead& head() const override { return head_; }
    const std::string& request_id() const override { return request_id_; }
    loop::Loop& loop() override { return context_.loop; }
    void respond(http::Response response) override;
    void begin_stream(int status, http::Headers headers) override;
    std::string& out() override { return out_; }
    Flow commit() override;
    void flush() override;
    void end_stream() override;
    void abort_stream() override;
    std::size_t backlog_bytes() const override;

    // connection_read.cpp
    void consume(std::string_view& input);
    void consume_head(std::string_view& input);
    void consume_body(std::string_view& input);
    void consume_pending();
    void begin_request();
    void answer_without_handler(const std::string& allow);
    std::string new_request_id();
    void call_handler(const Router::Match& match);
    void dispatch();
    void forget_unread_body();
    void limit_reading();

    // connection_write.cpp
    void answer_preflight();
    void answer_failure(Failure failure, std::string_view allow = {});
    void refuse(Failure failure);
    void finish_head(std::string_view connection_wish);
    bool write_gathered();
    void turn();
    void wake_producer();

    // connection.cpp
    bool awaits_next() const;
    void begin_next();
    void drop_handler();
    void finish();
    void linger();
    void close();
    std::optional<Failure> timed_out(SteadyTime now) const;

    ServerContext& context_;
    ConnectionOwner& owner_;
    std::unique_ptr<net::TcpStream> stream_;  // null: closed
    loop::Deferred turn_;

    HeadParser parser_;
    BodyReader body_;
    RequestHead head_;
    Framing framing_;
    std::string request_id_;
    std::unique_ptr<Handler> handler_;

    std::string pending_;  // bytes of later requests
    std::size_t pending_begin_ = 0;
    std::string wire_;  // ready to send: heads, small bodies, chunk sizes
    std::string out_;   // body bytes that follow it

    Input input_ = Input::idle;
    Output output_ = Output::none;
    bool close_after_ = false;  // the answer announced, or needs, the end of the connection
    bool broken_ = false;       // a write failed where nothing may be destroyed
    bool cut_ = false;          // abort_stream() was called
    bool eof_ = false;          // the client will send no more
    bool lingering_ = false;    // FIN sent, reading over what the client still sends
    bool head_only_ = false;    // HEAD: the body is not sent
    bool cors_ = false;
    bool chunked_ = false;  // out_ is sent as chunks
    bool terminator_due_ = false;
    bool paused_ = false;  // commit() said pause, on_drained() not yet called
    bool used_since_sweep_ = false;

    SteadyTime since_{};        // start of the present input state
    SteadyTime last_input_{};   // last byte of a body
    SteadyTime last_output_{};  // last progress of a write that did not fit at once
    std::size_t last_queued_ = 0;
    std::size_t lingered_bytes_ = 0;
};

}  // namespace kg::httpd
