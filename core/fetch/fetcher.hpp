#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/flow.hpp"
#include "core/http/message.hpp"

namespace kg::fetch {

using std::chrono::milliseconds;

/// Bytes of a request, shared with whoever made them: sending copies nothing.
class Body {
  public:
    Body() = default;
    Body(std::string bytes) : bytes_(std::make_shared<const std::string>(std::move(bytes))) {}
    Body(std::shared_ptr<const std::string> bytes) : bytes_(std::move(bytes)) {}

    std::string_view view() const { return bytes_ ? std::string_view(*bytes_) : std::string_view(); }
    operator std::string_view() const { return view(); }
    bool empty() const { return view().empty(); }
    friend bool operator==(const Body& body, std::string_view bytes) { return body.view() == bytes; }

  private:
    std::shared_ptr<const std::string> bytes_;
};

struct Request {
    http::Method method = http::Method::get;
    std::string url;
    std::vector<std::string> headers;  // "Name: value" lines
    Body body;
    std::string proxy;  // "" = none, else http://, https:// or socks5h:// URL
    milliseconds connect_timeout{10'000};
    milliseconds first_byte_timeout{90'000};  // from start to the first byte of the body
    milliseconds idle_timeout{300'000};       // longest silence between body bytes (while not paused)
    milliseconds total_timeout{3'600'000};
};

struct Head {
    int status = 0;
    http::Headers headers;
};

/// Why a transfer failed; the sentence is for the log.
enum class FailureKind : std::uint8_t {
    dns,
    connect,
    tls,
    first_byte_timeout,
    idle_timeout,
    total_timeout,
    connect_timeout,
    reset,
    protocol,
    other
};
struct Failure {
    FailureKind kind = FailureKind::other;
    std::string detail;
};
std::string_view failure_name(FailureKind kind);

/// Receives one transfer, on the fetcher's loop: on_head once, on_body*, then exactly one of
/// on_done and on_failure. Several on_body calls of one socket event are followed by one on_batch,
/// the place to flush what was translated. The owner may destroy the Fetch inside any of these
/// calls; nothing follows then.
class Handler {
  public:
    virtual void on_head(const Head& head) = 0;
    virtual Flow on_body(std::string_view bytes) = 0;  // `bytes` dies when the call returns
    virtual void on_batch() {}
    virtual void on_done() = 0;
    virtual void on_failure(const Failure& failure) = 0;

  protected:
    ~Handler() = default;
};

/// A running transfer, owned by whoever started it. Destroying cancels: the connection is closed
/// and the handler hears nothing more.
class Fetch {
  public:
    virtual ~Fetch() = default;
    virtual void resume() = 0;  // after on_body answered Flow::pause; takes effect later in the turn
};

/// Requests with a body or of a method that sends one go out once: when the connection is lost before an
/// answer, that is a failure (reset), and the caller decides whether to ask again. Only one of which no byte
/// had left may be moved to another connection.
class Fetcher {
  public:
    virtual ~Fetcher() = default;
    /// Never calls the handler before returning. `handler` must outlive the Fetch.
    virtual std::unique_ptr<Fetch> start(Request request, Handler& handler) = 0;
};

}  // namespace kg::fetch
