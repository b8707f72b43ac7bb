#pragma once

#include <string>
#include <string_view>

#include "tests/support/catch.hpp"
#include "tests/support/dialect_play.hpp"

namespace kg::test {

/// A body with one value, chosen by its position, replaced by another.
inline std::string with_replaced(json::Node node, std::size_t& countdown, std::string_view other) {
    if (countdown-- == 0) return std::string(other);
    if (node.is_object() || node.is_array()) {
        std::string out(1, node.is_object() ? '{' : '[');
        for (const auto child : node.children()) {
            if (out.size() > 1) out += ',';
            if (node.is_object()) out.append("\"").append(child.key()).append("\":");
            out += with_replaced(child, countdown, other);
        }
        return out += node.is_object() ? '}' : ']';
    }
    return std::string(node.raw());
}

/// Any of the first `positions` values of `body` replaced by any other is accepted with a
/// conversation, or refused with a sentence as the caller's mistake.
inline void check_replacements(const chat::Dialect& dialect, std::string_view body, std::size_t positions) {
    const auto document = parse(body);
    std::size_t accepted = 0, refused = 0;
    for (const std::string_view other :
         {"null", "7", "-1.5", "\"\"", "\"x\"", "[]", "{}", "true", "[null]", "{\"type\":null}"}) {
        for (std::size_t position = 0; position < positions; ++position) {
            std::size_t countdown = position;
            const auto text = with_replaced(document.root(), countdown, other);
            const auto request = decode(dialect, text);
            INFO(text);
            if (request) {
                ++accepted;
                CHECK_FALSE(request->messages.empty());
                continue;
            }
            ++refused;
            CHECK_FALSE(request.error().message.empty());
            CHECK(dialect.encode_error(request.error(), "r").status == 400);
        }
    }
    CHECK(accepted > 100);
    CHECK(refused > 100);
}

}  // namespace kg::test
