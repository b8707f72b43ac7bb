#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kg::kiro {

// Frames of application/vnd.amazon.eventstream (kiro-upstream 4.1), integers big-endian:
//   u32 total length | u32 headers length | u32 CRC of these 8 | headers | payload | u32 CRC of all
//   before

constexpr std::size_t kFramePreludeBytes = 12;
constexpr std::size_t kFrameOverheadBytes = 16;  // prelude and trailing CRC
constexpr std::size_t kFrameBytesMax = 16u << 20;
constexpr std::size_t kFrameHeadersMax = 1024;
constexpr std::size_t kHeaderValueBytesMax = 32767;

enum class HeaderType : std::uint8_t {
    true_,
    false_,
    int8,
    int16,
    int32,
    int64,
    bytes,
    string,
    timestamp,
    uuid
};

/// One header; `value` are the bytes after the length field, none for a boolean.
struct HeaderView {
    std::string_view name;
    HeaderType type = HeaderType::string;
    std::string_view value;

    /// Value of an integer, timestamp (ms) or boolean header, 0 for the others.
    std::int64_t integer() const;
};

/// Walks a header block. After next() answered false, ok() tells a clean end from damage.
class HeaderReader {
  public:
    explicit HeaderReader(std::string_view block) : rest_(block) {}
    bool next(HeaderView& out);
    bool ok() const { return ok_; }

  private:
    std::string_view rest_;
    bool ok_ = true;
};

/// One checked frame. Every view lies in the bytes the decoder was given or in its buffers, and is
/// valid until the decoder's next call. Absent headers are empty.
struct FrameView {
    std::string_view message_type;  // empty counts as "event"
    std::string_view event_type;
    std::string_view exception_type;
    std::string_view error_code;
    std::string_view error_message;
    std::string_view content_type;
    std::string_view headers;  // the raw block, for HeaderReader
    std::string_view payload;
};

std::uint32_t read_u32(const char* bytes);

}  // namespace kg::kiro
