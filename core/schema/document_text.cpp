#include "core/schema/document_text.hpp"

#include <string>

#include "core/base/ascii.hpp"
#include "core/json/document.hpp"

namespace kg::schema {
namespace {

constexpr std::string_view kFence = "```";

bool is_json(std::string_view text) {
    return !text.empty() && json::Document::parse(std::string(text)).has_value();
}

/// Behind the line of the first fence, up to the last fence or the end.
std::string_view inside_fence(std::string_view text) {
    const auto open = text.find(kFence);
    if (open == std::string_view::npos) return {};
    const auto line_end = text.find('\n', open);
    if (line_end == std::string_view::npos) return {};
    text.remove_prefix(line_end + 1);
    return ascii::trim(text.substr(0, text.rfind(kFence)));
}

std::string_view between_brackets(std::string_view text) {
    const auto first = text.find_first_of("{[");
    if (first == std::string_view::npos) return {};
    const auto last = text.rfind(text[first] == '{' ? '}' : ']');
    if (last == std::string_view::npos || last < first) return {};
    return text.substr(first, last - first + 1);
}

}  // namespace

std::optional<std::string_view> find_document(std::string_view text) {
    text = ascii::trim(text);
    if (is_json(text)) return text;
    if (const auto inside = inside_fence(text); is_json(inside)) return inside;
    if (const auto inside = between_brackets(text); is_json(inside)) return inside;
    return std::nullopt;
}

std::string_view without_opening_fence(std::string_view text) {
    const auto start = ascii::trim(text);
    if (!start.starts_with(kFence)) return text;
    const auto line_end = start.find('\n');
    return line_end == std::string_view::npos ? std::string_view() : start.substr(line_end + 1);
}

}  // namespace kg::schema
