#include "core/kiro/flat_json.hpp"

#include "core/base/ascii.hpp"
#include "core/json/blocks.hpp"

namespace kg::kiro {
namespace {

bool is_plain(char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
}

/// Bytes of a JSON string before the first that ends it, begins an escape or must not stand there.
std::size_t plain_length(std::string_view text) {
    std::size_t i = 0;
    while (text.size() - i >= json::kBlock) {
        const std::size_t plain = json::plain_prefix(json::load_block(text.data() + i));
        i += plain;
        if (plain != json::kBlock) return i;
    }
    while (i < text.size() && is_plain(text[i])) ++i;
    return i;
}

bool is_ascii(std::string_view text) {
    unsigned char all = 0;
    for (const char c : text) all |= static_cast<unsigned char>(c);
    return all < 0x80;
}

/// `rest` begins after the opening quotation mark; on success it begins after the closing one.
bool scan_string(std::string_view& rest, std::string_view& value, bool& escaped) {
    escaped = false;
    std::size_t i = 0;
    for (;; ++i) {
        i += plain_length(rest.substr(i));
        if (i >= rest.size()) return false;
        if (rest[i] == '"') break;
        if (rest[i] != '\\' || i + 1 >= rest.size()) return false;
        escaped = true;
        // What follows is never a second stop by itself; unescape_json() checks what it means.
        ++i;
        if (static_cast<std::uint8_t>(rest[i]) < 0x20 || static_cast<std::uint8_t>(rest[i]) >= 0x80)
            return false;
    }
    value = rest.substr(0, i);
    rest.remove_prefix(i + 1);
    return is_ascii(value) || ascii::is_utf8(value);
}

bool take(std::string_view& rest, std::string_view token) {
    if (!rest.starts_with(token)) return false;
    rest.remove_prefix(token.size());
    return true;
}

int hex4(std::string_view text) {
    int value = 0;
    for (const char c : text) {
        const char l = ascii::lower(c);
        if (!ascii::is_digit(c) && (l < 'a' || l > 'f')) return -1;
        value = value * 16 + (ascii::is_digit(c) ? c - '0' : l - 'a' + 10);
    }
    return value;
}

void append_utf8(std::string& out, unsigned code) {
    const auto byte = [&out](unsigned value) { out += static_cast<char>(value); };
    if (code < 0x80) {
        byte(code);
    } else if (code < 0x800) {
        byte(0xc0 | code >> 6);
        byte(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        byte(0xe0 | code >> 12);
        byte(0x80 | (code >> 6 & 0x3f));
        byte(0x80 | (code & 0x3f));
    } else {
        byte(0xf0 | code >> 18);
        byte(0x80 | (code >> 12 & 0x3f));
        byte(0x80 | (code >> 6 & 0x3f));
        byte(0x80 | (code & 0x3f));
    }
}

/// `raw` begins after "\u"; takes one code point, a surrogate pair included.
bool take_unicode(std::string_view& raw, std::string& out) {
    const int first = raw.size() < 4 ? -1 : hex4(raw.substr(0, 4));
    if (first < 0 || (first >= 0xdc00 && first < 0xe000)) return false;
    raw.remove_prefix(4);
    auto code = static_cast<unsigned>(first);
    if (first >= 0xd800 && first < 0xdc00) {
        const int second = raw.size() < 6 || !raw.starts_with("\\u") ? -1 : hex4(raw.substr(2, 4));
        if (second < 0xdc00 || second >= 0xe000) return false;
        raw.remove_prefix(6);
        code = 0x10000 + ((code - 0xd800) << 10) + (static_cast<unsigned>(second) - 0xdc00);
    }
    append_utf8(out, code);
    return true;
}

}  // namespace

bool FlatObject::parse(std::string_view json) {
    count_ = 0;
    std::string_view rest = json;
    if (rest == "{}") return true;
    if (!take(rest, "{")) return false;
    do {
        if (count_ == fields_.size() || !take(rest, "\"")) return false;
        Field& field = fields_[count_];
        bool key_escaped = false;
        if (!scan_string(rest, field.key, key_escaped) || key_escaped || !take(rest, ":")) return false;
        field.value = {};
        field.escaped = false;
        if (take(rest, "\"")) {
            field.kind = Field::Kind::string;
            if (!scan_string(rest, field.value, field.escaped)) return false;
        } else if (take(rest, "true")) {
            field.kind = Field::Kind::true_;
        } else if (take(rest, "false")) {
            field.kind = Field::Kind::false_;
        } else {
            return false;
        }
        ++count_;
    } while (take(rest, ","));
    return rest == "}";
}

const FlatObject::Field* FlatObject::find(std::string_view key) const {
    for (std::size_t i = count_; i-- > 0;) {
        if (fields_[i].key == key) return &fields_[i];
    }
    return nullptr;
}

bool unescape_json(std::string_view raw, std::string& out) {
    out.clear();
    while (!raw.empty()) {
        const std::size_t plain = raw.find('\\');
        out += raw.substr(0, plain);
        if (plain == std::string_view::npos) return true;
        raw.remove_prefix(plain + 1);
        if (raw.empty()) return false;
        const char kind = raw[0];
        raw.remove_prefix(1);
        switch (kind) {
            case '"':
            case '\\':
            case '/': out += kind; break;
            case 'n': out += '\n'; break;
            case 't': out += '\t'; break;
            case 'r': out += '\r'; break;
            case 'b': out += '\b'; break;
            case 'f': out += '\f'; break;
            case 'u':
                if (!take_unicode(raw, out)) return false;
                break;
            default: return false;
        }
    }
    return true;
}

}  // namespace kg::kiro
