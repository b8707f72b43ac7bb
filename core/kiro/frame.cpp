#include "core/kiro/frame.hpp"

namespace kg::kiro {
namespace {

std::uint64_t read_big_endian(std::string_view bytes) {
    std::uint64_t value = 0;
    for (const char c : bytes) value = value << 8 | static_cast<std::uint8_t>(c);
    return value;
}

}  // namespace

std::uint32_t read_u32(const char* bytes) {
    return static_cast<std::uint32_t>(read_big_endian({bytes, 4}));
}

std::int64_t HeaderView::integer() const {
    const std::uint64_t value_bits = read_big_endian(value.substr(0, 8));
    switch (type) {
        case HeaderType::true_: return 1;
        case HeaderType::int8: return static_cast<std::int8_t>(value_bits);
        case HeaderType::int16: return static_cast<std::int16_t>(value_bits);
        case HeaderType::int32: return static_cast<std::int32_t>(value_bits);
        case HeaderType::int64:
        case HeaderType::timestamp: return static_cast<std::int64_t>(value_bits);
        case HeaderType::false_:
        case HeaderType::bytes:
        case HeaderType::string:
        case HeaderType::uuid: break;
    }
    return 0;
}

bool HeaderReader::next(HeaderView& out) {
    if (rest_.empty() || !ok_) return false;
    ok_ = false;  // until the header has been read to its end
    const std::size_t name_bytes = static_cast<std::uint8_t>(rest_[0]);
    if (name_bytes == 0 || rest_.size() < name_bytes + 2) return false;
    const auto type = static_cast<std::uint8_t>(rest_[1 + name_bytes]);
    out.name = rest_.substr(1, name_bytes);
    std::size_t at = name_bytes + 2;
    std::size_t value_bytes = 0;
    switch (static_cast<HeaderType>(type)) {
        case HeaderType::true_:
        case HeaderType::false_: break;
        case HeaderType::int8: value_bytes = 1; break;
        case HeaderType::int16: value_bytes = 2; break;
        case HeaderType::int32: value_bytes = 4; break;
        case HeaderType::int64:
        case HeaderType::timestamp: value_bytes = 8; break;
        case HeaderType::uuid: value_bytes = 16; break;
        case HeaderType::bytes:
        case HeaderType::string:
            if (rest_.size() < at + 2) return false;
            value_bytes = static_cast<std::size_t>(read_big_endian(rest_.substr(at, 2)));
            if (value_bytes > kHeaderValueBytesMax) return false;
            at += 2;
            break;
        default: return false;
    }
    if (rest_.size() < at + value_bytes) return false;
    out.type = static_cast<HeaderType>(type);
    out.value = rest_.substr(at, value_bytes);
    rest_.remove_prefix(at + value_bytes);
    ok_ = true;
    return true;
}

}  // namespace kg::kiro
