#include "core/compress/trim.hpp"

#include <algorithm>
#include <limits>
#include <vector>

#include "core/base/ascii.hpp"
#include "core/base/overloaded.hpp"
#include "core/chat/estimate.hpp"

namespace kg::compress {
namespace {

std::string_view utf8_suffix(std::string_view text, std::size_t max_bytes) {
    if (text.size() <= max_bytes) return text;
    text.remove_prefix(text.size() - max_bytes);
    while (!text.empty() && (static_cast<unsigned char>(text.front()) & 0xC0) == 0x80) text.remove_prefix(1);
    return text;
}

SharedText cut(const SharedText& text, std::uint64_t tokens) {
    if (tokens == 0 || chat::estimate_tokens(text) <= tokens) return text;
    return cut_middle(text, tokens);
}

}  // namespace

std::string cut_middle(std::string_view text, std::uint64_t tokens) {
    const std::uint64_t all = chat::estimate_tokens(text);
    if (all <= tokens) return std::string(text);
    const auto bytes = static_cast<std::size_t>(static_cast<double>(text.size()) *
                                                static_cast<double>(tokens) / static_cast<double>(all));
    const std::string_view front = ascii::utf8_prefix(text, bytes / 5 * 3);
    const std::string_view back = utf8_suffix(text, bytes / 5 * 2);
    std::string out;
    out.reserve(bytes + 100);
    out.append(front).append("\n[... ");
    out.append(std::to_string(text.size() - front.size() - back.size()));
    out.append(" bytes left out here by the gateway ...]\n").append(back);
    return out;
}

chat::Message cut_message(const chat::Message& message, const Caps& caps) {
    chat::Message out = message;
    const std::uint64_t results = caps.texts > 0 && caps.results > 0 ? std::min(caps.texts, caps.results)
                                                                     : std::max(caps.texts, caps.results);
    for (chat::Part& part : out.parts) {
        if (auto* text = std::get_if<chat::Text>(&part)) text->text = cut(text->text, caps.texts);
        auto* result = std::get_if<chat::ToolResult>(&part);
        if (result == nullptr || results == 0) continue;
        std::vector<std::uint64_t> sizes;
        for (const auto& item : result->content) {
            if (const auto* text = std::get_if<chat::Text>(&item))
                sizes.push_back(chat::estimate_tokens(text->text));
        }
        const std::uint64_t cap = fair_cap(sizes, results);
        for (auto& item : result->content)
            if (auto* text = std::get_if<chat::Text>(&item)) text->text = cut(text->text, cap);
    }
    return out;
}

std::uint64_t statement_cap(const chat::Message& message, std::uint64_t tokens) {
    std::vector<std::uint64_t> sizes;
    for (const chat::Part& part : message.parts)
        if (const auto* text = std::get_if<chat::Text>(&part))
            sizes.push_back(chat::estimate_tokens(text->text));
    return fair_cap(sizes, tokens);
}

chat::Message without_results(const chat::Message& message) {
    chat::Message out = message;
    std::erase_if(out.parts,
                  [](const chat::Part& part) { return std::holds_alternative<chat::ToolResult>(part); });
    return out;
}

std::uint64_t fair_cap(const std::vector<std::uint64_t>& sizes, std::uint64_t budget) {
    std::vector<std::uint64_t> sorted = sizes;
    std::ranges::sort(sorted);
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        const std::uint64_t share = budget / (sorted.size() - i);
        if (sorted[i] > share) return std::max<std::uint64_t>(share, 1);
        budget -= sorted[i];
    }
    return std::numeric_limits<std::uint64_t>::max();
}

}  // namespace kg::compress
