#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace kg::ascii {

constexpr char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
constexpr bool is_alpha(char c) {
    return lower(c) >= 'a' && lower(c) <= 'z';
}
constexpr bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}
std::string to_lower(std::string_view text);
bool equals_ignoring_case(std::string_view a, std::string_view b);
bool contains_ignoring_case(std::string_view text, std::string_view part);
std::string_view trim(std::string_view text);
/// Contains CR, LF or NUL: such a text must not go into a header field.
bool breaks_line(std::string_view text);
bool is_blank(std::string_view text);  // empty or white space only
/// Shell-style pattern with `*` and `?`, ignoring case; linear in text times pattern.
bool matches_pattern(std::string_view text, std::string_view pattern);
/// The candidate with the smallest edit distance, or empty when none is near (distance > 1/3).
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);
/// Well-formed UTF-8 (no overlong forms, no surrogates).
bool is_utf8(std::string_view text);
/// Longest prefix of at most max_bytes that does not cut a UTF-8 sequence.
std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes);

}  // namespace kg::ascii
