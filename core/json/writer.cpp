#include "core/json/writer.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include <nlohmann/json.hpp>

#include "core/json/blocks.hpp"

namespace kg::json {
namespace {

constexpr std::size_t kEscapeMax = 6;  // "\\u00XX"

/// The character after the backslash, or 'u' for those that have no short form.
constexpr std::array<char, 256> kShortEscape = [] {
    std::array<char, 256> table{};
    for (auto& entry : table) entry = 'u';
    table['"'] = '"';
    table['\\'] = '\\';
    table['\n'] = 'n';
    table['\r'] = 'r';
    table['\t'] = 't';
    table['\b'] = 'b';
    table['\f'] = 'f';
    return table;
}();

char* write_escape(char* to, unsigned char c) {
    constexpr char kHex[] = "0123456789abcdef";
    const char short_form = kShortEscape[c];
    *to++ = '\\';
    *to++ = short_form;
    if (short_form != 'u') return to;
    *to++ = '0';
    *to++ = '0';
    *to++ = kHex[c >> 4];
    *to++ = kHex[c & 15];
    return to;
}

bool needs_escape(unsigned char c) {
    return c < 0x20 || c == '"' || c == '\\';
}

}  // namespace

void append_escaped(std::string& out, std::string_view text) {
    // Through a small buffer, so that no bounds are checked for a single byte.
    std::array<char, 2048> buffer;
    char* const full = buffer.data() + buffer.size() - kBlock - kEscapeMax;
    char* to = buffer.data();
    const char* p = text.data();
    const char* const end = p + text.size();
    while (p != end) {
        if (to > full) {
            out.append(buffer.data(), to);
            to = buffer.data();
        }
        if (static_cast<std::size_t>(end - p) >= kBlock) {
            const Bytes16 v = load_block(p);
            store_block(to, v);
            const std::size_t plain = plain_prefix(v);
            p += plain;
            to += plain;
            if (plain != kBlock) to = write_escape(to, static_cast<unsigned char>(*p++));
        } else if (const auto c = static_cast<unsigned char>(*p++); needs_escape(c)) {
            to = write_escape(to, c);
        } else {
            *to++ = static_cast<char>(c);
        }
    }
    out.append(buffer.data(), to);
}

void append_shared(std::string& out, const SharedText& text) {
    if (text.escaped().empty()) return append_escaped(out, text.view());
    out += text.escaped();
}

void append_string(std::string& out, std::string_view text) {
    out += '"';
    append_escaped(out, text);
    out += '"';
}

void append_int(std::string& out, std::int64_t value) {
    char buffer[24];
    const auto r = std::to_chars(buffer, buffer + sizeof buffer, value);
    out.append(buffer, r.ptr);
}

void append_double(std::string& out, double value) {
    if (!std::isfinite(value)) {
        out += "null";
        return;
    }
    constexpr double kWholeMax = 9007199254740992.0;  // 2^53
    if (std::trunc(value) == value && std::abs(value) < kWholeMax)
        return append_int(out, static_cast<std::int64_t>(value));
    char buffer[40];
    const auto r = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::general, 15);
    out.append(buffer, r.ptr);
}

std::string pretty(std::string_view json) {
    const auto value = nlohmann::ordered_json::parse(json, nullptr, false);
    return value.is_discarded() ? std::string(json)
                                : value.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Writer& Writer::key(std::string_view name) {
    separate();
    append_string(out_, name);
    out_ += ':';
    after_key_ = true;
    return *this;
}

}  // namespace kg::json
