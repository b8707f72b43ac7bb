#include "core/kiro/frame_encoder.hpp"

#include <cassert>

#include "core/base/digest.hpp"
#include "core/kiro/frame.hpp"

namespace kg::kiro {
namespace {

void append_big_endian(std::string& out, std::size_t value, unsigned bytes) {
    while (bytes-- > 0) out += static_cast<char>(value >> (8 * bytes) & 0xff);
}

}  // namespace

void append_frame(std::string& out, std::initializer_list<FrameHeader> headers, std::string_view payload) {
    std::size_t headers_bytes = 0;
    for (const FrameHeader& header : headers) {
        assert(!header.name.empty() && header.name.size() <= 255 &&
               header.value.size() <= kHeaderValueBytesMax);
        headers_bytes += header.name.size() + header.value.size() + 4;
    }
    const std::size_t start = out.size();
    const std::size_t total = kFrameOverheadBytes + headers_bytes + payload.size();
    assert(total <= kFrameBytesMax);
    out.reserve(start + total);
    append_big_endian(out, total, 4);
    append_big_endian(out, headers_bytes, 4);
    append_big_endian(out, crc32(std::string_view(out).substr(start)), 4);
    for (const FrameHeader& header : headers) {
        append_big_endian(out, header.name.size(), 1);
        out += header.name;
        out += static_cast<char>(HeaderType::string);
        append_big_endian(out, header.value.size(), 2);
        out += header.value;
    }
    out += payload;
    append_big_endian(out, crc32(std::string_view(out).substr(start)), 4);
}

std::string event_frame(std::string_view event_type, std::string_view payload_json) {
    std::string out;
    append_frame(
        out, {{":event-type", event_type}, {":content-type", "application/json"}, {":message-type", "event"}},
        payload_json);
    return out;
}

std::string exception_frame(std::string_view exception_type, std::string_view payload_json) {
    std::string out;
    append_frame(out,
                 {{":exception-type", exception_type},
                  {":content-type", "application/json"},
                  {":message-type", "exception"}},
                 payload_json);
    return out;
}

std::string error_frame(std::string_view code, std::string_view message) {
    std::string out;
    append_frame(out, {{":error-code", code}, {":error-message", message}, {":message-type", "error"}}, {});
    return out;
}

}  // namespace kg::kiro
