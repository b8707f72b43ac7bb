#include "core/json/writer.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include <nlohmann/json.hpp>

namespace kg::json {
namespace {

constexpr std::array<bool, 256> kNeedsEscape = [] {
    std::array<bool, 256> table{};
    for (std::size_t c = 0; c < 0x20; ++c) table[c] = true;
    table['"'] = table['\\'] = true;
    return table;
}();

// Sixteen bytes at a time, in the compilers' portable vector form.
using Bytes16 = unsigned char __attribute__((vector_size(16)));
using Words2 = std::uint64_t __attribute__((vector_size(16)));

/// Whether any of sixteen bytes is below 0x20, a quotation mark or a backslash.
bool block_needs_escape(const char* p) {
    Bytes16 v;
    std::memcpy(&v, p, sizeof v);
    const auto hit = reinterpret_cast<Words2>((v < 0x20) | (v == '"') | (v == '\\'));
    return (hit[0] | hit[1]) != 0;
}

void append_one(std::string& out, unsigned char c) {
    constexpr char kHex[] = "0123456789abcdef";
    switch (c) {
        case '"': out += "\\\""; return;
        case '\\': out += "\\\\"; return;
        case '\n': out += "\\n"; return;
        case '\r': out += "\\r"; return;
        case '\t': out += "\\t"; return;
        case '\b': out += "\\b"; return;
        case '\f': out += "\\f"; return;
        default:
            out += "\\u00";
            out += kHex[c >> 4];
            out += kHex[c & 15];
    }
}

}  // namespace

void append_escaped(std::string& out, std::string_view text) {
    const char* p = text.data();
    const char* const end = p + text.size();
    const char* run = p;
    while (p != end) {
        while (end - p >= 16 && !block_needs_escape(p)) p += 16;
        while (p != end && !kNeedsEscape[static_cast<unsigned char>(*p)]) ++p;
        if (p == end) break;
        out.append(run, p);
        append_one(out, static_cast<unsigned char>(*p));
        run = ++p;
    }
    out.append(run, end);
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
    char buffer[40];
    const auto r = std::to_chars(buffer, buffer + sizeof buffer, value);
    out.append(buffer, r.ptr);
}

std::string pretty(std::string_view json) {
    const auto value = nlohmann::ordered_json::parse(json, nullptr, false);
    return value.is_discarded()
               ? std::string(json)
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
