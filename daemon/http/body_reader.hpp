#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "daemon/http/chunked_decoder.hpp"
#include "daemon/http/framing.hpp"
#include "daemon/http/inflater.hpp"

namespace kg::httpd {

/// Gathers one request body: framing off, compression off, size bounded.
class BodyReader {
  public:
    void begin(const Framing& framing, std::size_t max_bytes);

    enum class State { more, done, failed };
    /// Consumes the front of `input`, never past the end of the body.
    State feed(std::string_view& input);
    /// Skips a body of known length without looking at it.
    State skip(std::string_view& input);

    std::string take();
    std::uint64_t remaining() const { return remaining_; }  // of a body with Content-Length
    bool untouched() const { return untouched_; }           // not one byte has come
    const Failure& failure() const { return failure_; }

  private:
    State fail(Failure failure);
    State feed_chunked(std::string_view& input);
    State add(std::string_view piece);
    State finish();

    BodyKind kind_ = BodyKind::none;
    std::uint64_t remaining_ = 0;
    std::size_t max_bytes_ = 0;
    bool untouched_ = true;
    ChunkedDecoder chunked_;
    std::unique_ptr<Inflater> inflater_;
    std::string body_;
    Failure failure_;
};

Failure body_too_large(std::size_t max_bytes);

}  // namespace kg::httpd
