#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "core/loop/loop.hpp"

struct uv_stream_s;

namespace kg::net {

/// One per loop, shared by all its streams: bytes are valid only during StreamHandler::on_data, so
/// an idle connection holds no read buffer of its own.
struct ReadBuffer {
    std::array<char, 64u << 10> bytes;
};

/// Called on the loop, never from inside a TcpStream method. The stream may be destroyed in any of
/// these calls; nothing follows then. on_eof and on_broken come at most once, on_broken is the
/// last.
class StreamHandler {
  public:
    virtual void on_data(std::string_view bytes) = 0;
    virtual void on_eof() = 0;      // the peer will send no more
    virtual void on_written() = 0;  // a write that did not fit at once has been handed over
    virtual void on_broken() = 0;   // reset, or a write failed

  protected:
    ~StreamHandler() = default;
};

/// A connected TCP or Unix stream socket. Destroying it closes the socket; bytes of an unfinished
/// write are lost. The back block (uv handle, bytes being written) outlives it until uv lets go.
class TcpStream {
  public:
    /// Takes the connection that `listener` reports; null when it is already gone.
    static std::unique_ptr<TcpStream> accept(loop::Loop& loop, uv_stream_s* listener, bool unix_socket,
                                             ReadBuffer& buffer);
    TcpStream(const TcpStream&) = delete;
    TcpStream& operator=(const TcpStream&) = delete;
    ~TcpStream();

    void start(StreamHandler& handler);  // once; reading begins
    void start_reading();
    void stop_reading();
    bool reading() const { return reading_; }

    /// One system call for all three pieces. What the socket does not take is kept and on_written
    /// follows; both strings are left empty (with some capacity to fill again). Not while
    /// writing(). False: the connection is broken.
    bool write(std::string& prefix, std::string& data, std::string_view tail);
    bool writing() const;
    /// Bytes accepted by write() that the kernel has not taken yet.
    std::size_t queued_bytes() const;

    void shutdown();                          // sends FIN; not while writing()
    void reset_on_close() { reset_ = true; }  // the peer sees RST instead of an orderly end (TCP)
    const std::string& peer() const { return peer_; }

  private:
    struct Back;
    TcpStream(Back* back, ReadBuffer& buffer, std::string peer);

    Back* back_;
    ReadBuffer& buffer_;
    StreamHandler* handler_ = nullptr;
    std::string peer_;
    bool reading_ = false;
    bool reset_ = false;
};

}  // namespace kg::net
