#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/kiro/frame.hpp"

namespace kg::kiro {

enum class FrameFault : std::uint8_t {
    none,
    prelude_crc,
    total_length,    // shorter than a frame can be
    headers_length,  // longer than the frame
    too_large,
    message_crc,
    headers,    // unknown type, empty name, cut, too many
    truncated,  // the stream ended inside a frame
};
std::string_view frame_fault_name(FrameFault fault);

/// Bytes in any pieces to frames. A frame that lies whole in its piece is not copied; only what a
/// piece leaves over is buffered, at most one frame. A damaged stream stays damaged: there is no
/// resynchronisation, because a lost frame may have been part of a tool call.
/// Calls: feed(piece), next() until it does not answer `frame`, feed(...) ...; finish() at the end.
class FrameDecoder {
  public:
    enum class Step : std::uint8_t { frame, need_more, damaged };

    FrameDecoder() = default;
    FrameDecoder(const FrameDecoder&) = delete;  // known_ points into known_block_
    FrameDecoder& operator=(const FrameDecoder&) = delete;

    /// `piece` must stay alive until next() has answered need_more or damaged.
    void feed(std::string_view piece) { piece_ = piece; }
    Step next(FrameView& out);
    /// The stream ended: damaged when bytes of an unfinished frame are left over.
    Step finish();
    FrameFault fault() const { return fault_; }

  private:
    bool check_prelude(std::string_view bytes);
    bool gather();
    Step open(std::string_view frame, FrameView& out);
    bool read_headers(std::string_view block, FrameView& out);
    Step fail(FrameFault fault);

    std::string_view piece_;  // not yet consumed
    std::string buffer_;      // the beginning of a frame that arrived in parts
    std::size_t total_ = 0;   // length of the frame being gathered, 0 before its prelude is checked
    bool delivered_ = false;  // buffer_ holds the frame of the previous call
    FrameFault fault_ = FrameFault::none;

    // Frames of one kind have the same header block, byte for byte: it is read once, and known_'s
    // views into known_block_ serve until another block comes. Longer blocks are not kept.
    static constexpr std::size_t kKnownBlockMax = 512;
    std::string known_block_;
    FrameView known_;
};

}  // namespace kg::kiro
