#include "core/base/base64.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace kg {
namespace {

constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kBad = 0x80;

/// Two characters for every twelve bits: half the look-ups of the textbook loop.
constexpr auto kPairs = [] {
    std::array<std::array<char, 2>, 4096> table{};
    for (std::size_t i = 0; i < 4096; ++i) table[i] = {kAlphabet[i >> 6], kAlphabet[i & 63]};
    return table;
}();

constexpr auto kSextet = [] {
    std::array<std::uint8_t, 256> table{};
    for (auto& v : table) v = kBad;
    for (std::uint8_t i = 0; i < 64; ++i) table[static_cast<unsigned char>(kAlphabet[i])] = i;
    return table;
}();

std::uint8_t sextet(char c) {
    return kSextet[static_cast<unsigned char>(c)];
}
std::uint32_t byte(char c) {
    return static_cast<unsigned char>(c);
}

/// The last group's count of data characters (2, 3 or 4), or 0 when padding or length is wrong.
/// Bits that the padding leaves over must be zero: other decoders on the way refuse them.
std::size_t last_group(std::string_view text) {
    if (text.empty() || text.size() % 4 != 0) return 0;
    const char* p = text.data() + text.size() - 4;
    if (p[3] != '=') return 4;
    if (p[2] != '=') return (sextet(p[2]) & 0x83) == 0 ? 3 : 0;
    return (sextet(p[1]) & 0x8f) == 0 ? 2 : 0;
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

std::string base64_encode(std::string_view bytes) {
    std::string out((bytes.size() + 2) / 3 * 4, '=');
    const char* p = bytes.data();
    char* o = out.data();
    std::size_t left = bytes.size();
    for (; left >= 3; left -= 3, p += 3, o += 4) {
        const std::uint32_t v = byte(p[0]) << 16 | byte(p[1]) << 8 | byte(p[2]);
        const auto& high = kPairs[v >> 12];
        const auto& low = kPairs[v & 0xfff];
        o[0] = high[0], o[1] = high[1], o[2] = low[0], o[3] = low[1];
    }
    if (left != 0) {
        const std::uint32_t v = byte(p[0]) << 16 | (left == 2 ? byte(p[1]) << 8 : 0);
        o[0] = kAlphabet[v >> 18], o[1] = kAlphabet[v >> 12 & 63];
        if (left == 2) o[2] = kAlphabet[v >> 6 & 63];
    }
    return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
    if (text.empty()) return std::string();
    const std::size_t last = last_group(text);
    if (last == 0) return std::nullopt;
    std::string out(text.size() / 4 * 3 - (4 - last), '\0');
    const char* p = text.data();
    const char* const end = p + text.size() - 4;
    char* o = out.data();
    std::uint32_t bad = 0;
    for (; p != end; p += 4, o += 3) {
        const std::uint32_t a = sextet(p[0]), b = sextet(p[1]), c = sextet(p[2]), d = sextet(p[3]);
        bad |= a | b | c | d;
        const std::uint32_t v = a << 18 | b << 12 | c << 6 | d;
        o[0] = static_cast<char>(v >> 16);
        o[1] = static_cast<char>(v >> 8);
        o[2] = static_cast<char>(v);
    }
    std::uint32_t v = 0;
    for (std::size_t i = 0; i < last; ++i) {
        bad |= sextet(p[i]);
        v |= std::uint32_t{sextet(p[i])} << (18 - 6 * i);
    }
    if ((bad & kBad) != 0) return std::nullopt;
    for (std::size_t i = 0; i + 1 < last; ++i) o[i] = static_cast<char>(v >> (16 - 8 * i));
    return out;
}

bool base64_valid(std::string_view text) {
    if (text.empty()) return true;
    const std::size_t last = last_group(text);
    if (last == 0) return false;
    const char* p = text.data();
    const char* const end = p + text.size() - 4 + last;
    std::uint8_t bad = 0;
    for (; end - p >= 8; p += 8) {
        bad |= sextet(p[0]) | sextet(p[1]) | sextet(p[2]) | sextet(p[3]) | sextet(p[4]) | sextet(p[5]) |
               sextet(p[6]) | sextet(p[7]);
    }
    for (; p != end; ++p) bad |= sextet(*p);
    return (bad & kBad) == 0;
}

std::string hex_encode(std::string_view bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string out(bytes.size() * 2, '\0');
    char* o = out.data();
    for (const char c : bytes) {
        *o++ = kDigits[byte(c) >> 4];
        *o++ = kDigits[byte(c) & 15];
    }
    return out;
}

std::optional<std::string> hex_decode(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    std::string out(text.size() / 2, '\0');
    for (std::size_t i = 0; i < out.size(); ++i) {
        const int high = hex_value(text[2 * i]), low = hex_value(text[2 * i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        out[i] = static_cast<char>(high << 4 | low);
    }
    return out;
}

}  // namespace kg
