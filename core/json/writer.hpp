#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/json/shared_text.hpp"

namespace kg::json {

/// Appends `text` escaped for the inside of a JSON string (only what RFC 8259 requires; UTF-8 is
/// copied as it is). Fast for text without escapes.
void append_escaped(std::string& out, std::string_view text);
/// The same for a text that may know its escaped form.
void append_shared(std::string& out, const SharedText& text);
/// The same within quotation marks.
void append_string(std::string& out, std::string_view text);
/// Whole numbers in full, for readers that know no exponents; others in 15 digits, which leaves the noise
/// of sums out (0.1 + 0.2 is 0.3). NaN and infinities become null.
void append_double(std::string& out, double value);
void append_int(std::string& out, std::int64_t value);

/// Pretty-printed with two-space indentation, key order kept; input must be valid JSON.
std::string pretty(std::string_view json);

/// Streaming JSON builder that appends to a caller's string and places the commas.
///   Writer w(out); w.begin_object(); w.member("id", id); w.key("items"); w.begin_array(); ...
class Writer {
  public:
    explicit Writer(std::string& out) : out_(out) {}

    Writer& begin_object() { return separate(), out_ += '{', first_ = true, *this; }
    Writer& end_object() { return out_ += '}', first_ = false, *this; }
    Writer& begin_array() { return separate(), out_ += '[', first_ = true, *this; }
    Writer& end_array() { return out_ += ']', first_ = false, *this; }
    Writer& key(std::string_view name);
    Writer& string(std::string_view text) { return separate(), append_string(out_, text), *this; }
    Writer& integer(std::int64_t n) { return separate(), append_int(out_, n), *this; }
    Writer& number(double n) { return separate(), append_double(out_, n), *this; }
    Writer& boolean(bool b) { return separate(), out_ += b ? "true" : "false", *this; }
    Writer& null() { return separate(), out_ += "null", *this; }
    Writer& raw(std::string_view json) { return separate(), out_ += json, *this; }

    Writer& member(std::string_view name, std::string_view text) { return key(name).string(text); }
    Writer& member(std::string_view name, const char* text) { return key(name).string(text); }
    Writer& member(std::string_view name, const std::string& text) { return key(name).string(text); }
    Writer& member(std::string_view name, double n) { return key(name).number(n); }
    template <std::same_as<bool> B>
    Writer& member(std::string_view name, B b) {
        return key(name).boolean(b);
    }
    template <std::integral I>
    requires(!std::same_as<I, bool>) Writer& member(std::string_view name, I n) {
        return key(name).integer(static_cast<std::int64_t>(n));
    }

  private:
    void separate() {
        if (!first_ && !after_key_) out_ += ',';
        first_ = after_key_ = false;
    }
    std::string& out_;
    bool first_ = true;
    bool after_key_ = false;
};

}  // namespace kg::json
