#include "core/kiro/frame_decoder.hpp"

#include <algorithm>
#include <array>

#include "core/base/digest.hpp"

namespace kg::kiro {
namespace {

struct NamedHeader {
    std::string_view name;
    std::string_view FrameView::*field;
};
constexpr std::array kHeaders = std::to_array<NamedHeader>({
    {":event-type", &FrameView::event_type},
    {":content-type", &FrameView::content_type},
    {":message-type", &FrameView::message_type},
    {":exception-type", &FrameView::exception_type},
    {":error-code", &FrameView::error_code},
    {":error-message", &FrameView::error_message},
});

bool walk_headers(std::string_view block, FrameView& out) {
    HeaderReader reader(block);
    HeaderView header;
    std::size_t count = 0;
    while (reader.next(header)) {
        if (++count > kFrameHeadersMax) return false;
        if (header.type != HeaderType::string || header.name[0] != ':') continue;
        for (const NamedHeader& known : kHeaders) {
            if (header.name == known.name) {
                out.*known.field = header.value;
                break;
            }
        }
    }
    return reader.ok();
}

}  // namespace

std::string_view frame_fault_name(FrameFault fault) {
    switch (fault) {
        case FrameFault::none: return "none";
        case FrameFault::prelude_crc: return "prelude checksum";
        case FrameFault::total_length: return "total length";
        case FrameFault::headers_length: return "headers length";
        case FrameFault::too_large: return "frame too large";
        case FrameFault::message_crc: return "message checksum";
        case FrameFault::headers: return "headers";
        case FrameFault::truncated: return "cut inside a frame";
    }
    return "unknown";
}

FrameDecoder::Step FrameDecoder::fail(FrameFault fault) {
    fault_ = fault;
    piece_ = {};
    buffer_.clear();
    return Step::damaged;
}

/// The order matters (4.1): a length is trusted only after its checksum, so that a damaged one
/// fails at once and never makes us wait for bytes that will not come.
bool FrameDecoder::check_prelude(std::string_view bytes) {
    const std::size_t total = read_u32(bytes.data());
    const std::size_t headers = read_u32(bytes.data() + 4);
    FrameFault fault = FrameFault::none;
    if (crc32(bytes.substr(0, 8)) != read_u32(bytes.data() + 8)) {
        fault = FrameFault::prelude_crc;
    } else if (total < kFrameOverheadBytes) {
        fault = FrameFault::total_length;
    } else if (headers > total - kFrameOverheadBytes) {
        fault = FrameFault::headers_length;
    } else if (total > kFrameBytesMax) {
        fault = FrameFault::too_large;
    }
    if (fault != FrameFault::none) return fail(fault), false;
    total_ = total;
    return true;
}

/// Moves bytes of the piece into the buffer until it holds a whole frame; false: not yet, or
/// damaged.
bool FrameDecoder::gather() {
    const auto take_until = [this](std::size_t size) {
        const std::size_t n = std::min(size - buffer_.size(), piece_.size());
        buffer_.append(piece_.substr(0, n));
        piece_.remove_prefix(n);
        return buffer_.size() == size;
    };
    if (total_ == 0 && (!take_until(kFramePreludeBytes) || !check_prelude(buffer_))) return false;
    return take_until(total_);
}

bool FrameDecoder::read_headers(std::string_view block, FrameView& out) {
    if (block.size() > kKnownBlockMax) {
        out = FrameView{};
        return walk_headers(block, out);
    }
    if (block != known_block_) {
        known_block_ = block;
        known_ = FrameView{};
        if (!walk_headers(known_block_, known_)) return false;
    }
    out = known_;
    return true;
}

FrameDecoder::Step FrameDecoder::open(std::string_view frame, FrameView& out) {
    // The prelude's checksum is that of the first 8 bytes: the message's continues from it.
    const std::uint32_t prelude_crc = read_u32(frame.data() + 8);
    if (crc32(frame.substr(8, frame.size() - 12), prelude_crc) != read_u32(frame.data() + frame.size() - 4)) {
        return fail(FrameFault::message_crc);
    }
    const std::size_t headers_bytes = read_u32(frame.data() + 4);
    const std::string_view headers = frame.substr(kFramePreludeBytes, headers_bytes);
    if (!read_headers(headers, out)) return fail(FrameFault::headers);
    out.headers = headers;
    out.payload =
        frame.substr(kFramePreludeBytes + headers_bytes, frame.size() - kFrameOverheadBytes - headers_bytes);
    total_ = 0;
    return Step::frame;
}

FrameDecoder::Step FrameDecoder::next(FrameView& out) {
    if (fault_ != FrameFault::none) return Step::damaged;
    if (delivered_) {
        buffer_.clear();
        delivered_ = false;
    }
    if (buffer_.empty()) {
        if (piece_.size() >= kFramePreludeBytes) {
            if (!check_prelude(piece_)) return Step::damaged;
            if (piece_.size() >= total_) {
                const std::string_view frame = piece_.substr(0, total_);
                piece_.remove_prefix(total_);
                return open(frame, out);
            }
        }
        if (piece_.empty()) return Step::need_more;
    }
    if (!gather()) return fault_ == FrameFault::none ? Step::need_more : Step::damaged;
    delivered_ = true;
    return open(buffer_, out);
}

FrameDecoder::Step FrameDecoder::finish() {
    if (fault_ != FrameFault::none) return Step::damaged;
    const bool left_over = !piece_.empty() || (!delivered_ && !buffer_.empty());
    return left_over ? fail(FrameFault::truncated) : Step::need_more;
}

}  // namespace kg::kiro
