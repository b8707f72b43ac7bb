#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/base/error.hpp"
#include "core/base/flow.hpp"
#include "core/http/message.hpp"
#include "core/loop/loop.hpp"

namespace kg::httpd {

struct RequestHead {
    http::Method method = http::Method::get;
    std::string method_text;
    std::string path;   // as sent, without query; one trailing slash and a doubled /v1 are removed
    std::string query;  // without '?'
    http::Headers headers;
    std::string peer;  // address without port, or "unix"
    bool http_1_0 = false;
};

/// The server's half of one request: handed to the Handler, valid as long as the Handler lives.
/// Answer exactly once: respond(), or begin_stream() ... end_stream() / abort_stream().
class Exchange {
  public:
    virtual const RequestHead& head() const = 0;
    virtual const std::string& request_id() const = 0;
    virtual loop::Loop& loop() = 0;

    /// Complete answer. request-id, CORS, date-less content-length and connection headers are
    /// added.
    virtual void respond(http::Response response) = 0;

    /// Starts a streamed answer (chunked; closed at the end for HTTP/1.0).
    virtual void begin_stream(int status, http::Headers headers) = 0;
    /// Body bytes waiting to be written: append here, then commit().
    virtual std::string& out() = 0;
    /// Schedules one write for the end of this loop turn. Flow::pause when more than the high
    /// watermark is waiting; Handler::on_drained follows once it is below the low one.
    virtual Flow commit() = 0;
    /// Writes at once what a stream has committed, for the end of a batch: an event must not wait until
    /// the turn has served every other connection. Trouble shows later in the turn, as ever.
    virtual void flush() = 0;
    virtual void end_stream() = 0;
    /// Cuts the connection without the terminating chunk: the client must not take it as complete.
    virtual void abort_stream() = 0;
    /// Bytes accepted and not yet written to the socket.
    virtual std::size_t backlog_bytes() const = 0;

  protected:
    ~Exchange() = default;
};

/// The application's half, one per request, made by a route's factory when the head is complete and
/// owned by the connection. Destroyed after the answer is complete or as soon as the client is
/// gone: destroying is cancelling, whatever it owns must stop calling back.
class Handler {
  public:
    virtual ~Handler() = default;
    /// Head complete, body unread: the place to refuse cheaply (respond() at once). The handler
    /// then gets no body.
    virtual void on_head(Exchange&) {}
    /// Whole body, decompressed.
    virtual void on_request(Exchange& exchange, std::string body) = 0;
    virtual void on_drained() {}
};

/// Turns trouble that arises before or outside a handler (bad HTTP, 408, 413, 431, 404, 405) into
/// an answer in the caller's dialect. `head` is null when not even the request line was readable.
class ErrorRenderer {
  public:
    virtual ~ErrorRenderer() = default;
    virtual http::Response render(const RequestHead* head, const Error& error,
                                  std::string_view request_id) const = 0;
};

}  // namespace kg::httpd
