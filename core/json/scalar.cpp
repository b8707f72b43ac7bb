#include "core/json/scalar.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "core/json/blocks.hpp"

namespace kg::json {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

const char* skip_digits(const char* p, const char* end) {
    while (p != end && is_digit(*p)) ++p;
    return p;
}

/// Value of four hexadecimal digits at the start of `text`, or -1.
int hex4(std::string_view text) {
    if (text.size() < 4) return -1;
    unsigned value = 0;
    const auto r = std::from_chars(text.data(), text.data() + 4, value, 16);
    // from_chars stops at the first other character and takes no sign for unsigned values.
    return r.ec == std::errc{} && r.ptr == text.data() + 4 ? static_cast<int>(value) : -1;
}

char* put_code_point(char* o, std::uint32_t c) {
    const auto put = [&](std::uint32_t b) { *o++ = static_cast<char>(b); };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xc0 | c >> 6), put(0x80 | (c & 63));
    } else if (c < 0x10000) {
        put(0xe0 | c >> 12), put(0x80 | (c >> 6 & 63)), put(0x80 | (c & 63));
    } else {
        put(0xf0 | c >> 18), put(0x80 | (c >> 12 & 63)), put(0x80 | (c >> 6 & 63)), put(0x80 | (c & 63));
    }
    return o;
}

/// What the character after a backslash stands for, 0 when nothing.
constexpr std::array<char, 256> kSimpleEscape = [] {
    std::array<char, 256> table{};
    for (const char c : {'"', '\\', '/'}) table[static_cast<unsigned char>(c)] = c;
    table['b'] = '\b';
    table['f'] = '\f';
    table['n'] = '\n';
    table['r'] = '\r';
    table['t'] = '\t';
    return table;
}();

/// `rest` begins behind "\u"; returns how many bytes were used, 0 when there are no four digits.
std::size_t put_unicode_escape(char*& o, std::string_view rest, bool& altered) {
    const int unit = hex4(rest);
    if (unit < 0) return 0;
    if (unit >= 0xd800 && unit < 0xdc00 && rest.substr(4, 2) == "\\u") {
        const int low = hex4(rest.substr(6));
        if (low >= 0xdc00 && low < 0xe000) {
            o = put_code_point(o, 0x10000u + (static_cast<std::uint32_t>(unit - 0xd800) << 10) +
                                      static_cast<std::uint32_t>(low - 0xdc00));
            return 10;
        }
    }
    const bool surrogate = unit >= 0xd800 && unit < 0xe000;
    altered = altered || surrogate;
    o = put_code_point(o, surrogate ? 0xfffd : static_cast<std::uint32_t>(unit));
    return 4;
}

}  // namespace

bool is_number(std::string_view token) {
    const char* p = token.data();
    const char* const end = p + token.size();
    if (p != end && *p == '-') ++p;
    if (p == end || !is_digit(*p)) return false;
    p = *p == '0' ? p + 1 : skip_digits(p, end);
    if (p != end && *p == '.') {
        const char* const fraction = ++p;
        p = skip_digits(p, end);
        if (p == fraction) return false;
    }
    if (p != end && (*p == 'e' || *p == 'E')) {
        ++p;
        if (p != end && (*p == '+' || *p == '-')) ++p;
        const char* const exponent = p;
        p = skip_digits(p, end);
        if (p == exponent) return false;
    }
    return p == end;
}

std::optional<std::int64_t> number_as_int(std::string_view token) {
    std::int64_t value = 0;
    const char* const end = token.data() + token.size();
    const auto r = std::from_chars(token.data(), end, value);
    if (r.ptr == end) return r.ec == std::errc{} ? std::optional(value) : std::nullopt;
    // Some clients write 1e3 or 4096.0. Doubles up to 2^53 tell whole numbers exactly.
    const auto real = number_as_double(token);
    if (!real || std::trunc(*real) != *real || std::fabs(*real) > 9007199254740992.0) return std::nullopt;
    return static_cast<std::int64_t>(*real);
}

std::optional<double> number_as_double(std::string_view token) {
    double value = 0;
    const char* const end = token.data() + token.size();
    const auto r = std::from_chars(token.data(), end, value);
    if (r.ec != std::errc{} || r.ptr != end) return std::nullopt;
    return value;
}

char* unescape(char* to, std::string_view contents, bool& altered, std::size_t& bad_at) {
    const char* p = contents.data();
    const char* const end = p + contents.size();
    while (p < end) {
        const Bytes16 v = load_block(p);
        store_block(to, v);
        const auto plain = std::min(first_lane(v == '\\'), static_cast<std::size_t>(end - p));
        p += plain;
        to += plain;
        if (plain == kBlock || p == end) continue;
        bad_at = static_cast<std::size_t>(p - contents.data());
        if (end - p < 2) return nullptr;
        const char kind = p[1];
        p += 2;
        if (kind == 'u') {
            const std::size_t used = put_unicode_escape(to, {p, static_cast<std::size_t>(end - p)}, altered);
            if (used == 0) return nullptr;
            p += used;
        } else if (const char plain_form = kSimpleEscape[static_cast<unsigned char>(kind)]; plain_form != 0) {
            *to++ = plain_form;
        } else {
            return nullptr;
        }
    }
    return to;
}

}  // namespace kg::json
