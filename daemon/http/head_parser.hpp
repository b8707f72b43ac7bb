#pragma once

#include <string>
#include <string_view>

#include "daemon/http/exchange.hpp"
#include "daemon/http/limits.hpp"

namespace kg::httpd {

/// Why a request cannot be served, before or outside a handler. `status` wins over the table's.
struct Failure {
    int status = 400;
    Error error;
};

Failure bad_request(std::string message);

/// Request line and header fields of one request after the other. A head that arrives in one piece
/// is parsed where it lies; only a partial one is gathered.
/// Bytes are checked before llhttp sees them, because llhttp 8.1 takes a lone CR for a line end
/// (CVE-2023-30589, CVE-2025-23167): every line must end in CRLF and hold no other CR, LF or NUL.
class HeadParser {
  public:
    explicit HeadParser(const Limits& limits) : limits_(limits) {}

    enum class State { more, done, failed };
    /// Consumes the front of `input`, never past the end of the head.
    State feed(std::string_view& input);

    bool started() const { return !gathered_.empty(); }
    RequestHead& head() { return head_; }
    const Failure& failure() const { return failure_; }
    /// Whether the request line was understood, so that head() can be shown to others.
    bool has_request_line() const { return has_request_line_; }
    void reset();  // before the next request

  private:
    State fail(Failure failure);
    State check_lines(std::string_view bytes, std::size_t& end);
    State parse(std::string_view bytes);

    const Limits& limits_;
    std::string gathered_;
    std::size_t line_start_ = 0;  // of the line being read, as an offset into the head
    std::size_t scanned_ = 0;
    RequestHead head_;
    bool has_request_line_ = false;
    Failure failure_;
};

}  // namespace kg::httpd
