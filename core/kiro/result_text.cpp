#include "core/kiro/result_text.hpp"

#include <string_view>

#include "core/json/writer.hpp"
#include "core/kiro/conversation.hpp"

namespace kg::kiro {
namespace {

constexpr std::size_t kResultCharsMax = 800'000;
constexpr std::size_t kNoteChars = 100;  // room for the note about the cut

bool starts_character(char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
}

std::size_t count_characters(std::string_view text) {
    std::size_t n = 0;
    for (const char c : text) n += starts_character(c) ? 1 : 0;
    return n;
}

/// The first `characters` characters of `text`.
std::string_view first_characters(std::string_view text, std::size_t characters) {
    for (std::size_t i = 0; i < text.size(); ++i)
        if (starts_character(text[i]) && characters-- == 0) return text.substr(0, i);
    return text;
}

std::size_t text_bytes(const chat::ToolResult& result) {
    std::size_t n = 0;
    for (const auto& item : result.content)
        if (const auto* text = std::get_if<chat::Text>(&item)) n += text->text.size() + 1;
    return n;
}

}  // namespace

bool append_result_text(std::string& out, const chat::ToolResult& result, unsigned& image) {
    // Bytes bound characters from above: ordinary results are never counted.
    const bool count = text_bytes(result) > kResultCharsMax;
    std::size_t room = kResultCharsMax - kNoteChars;
    std::size_t left_out = 0;
    bool any = false;
    for (const auto& item : result.content) {
        SharedText text;
        if (const auto* piece = std::get_if<chat::Text>(&item)) {
            text = piece->text;
            if (is_blank_text(text)) continue;
        } else {
            text = "[image " + std::to_string(++image) + " attached to this message]";
        }
        if (count) {
            const std::string_view fits = first_characters(text, room);
            if (fits.size() < text.size()) left_out += count_characters(text.view().substr(fits.size()));
            room -= count_characters(fits);
            if (fits.size() < text.size()) text = SharedText(fits);
            if (text.empty()) continue;
        }
        if (any) out += "\\n";
        json::append_shared(out, text);
        any = true;
    }
    if (!any) out += "(no output)";
    if (left_out > 0) out += "\\n[truncated: " + std::to_string(left_out) + " more characters left out]";
    return left_out > 0;
}

std::string result_as_text(const chat::ToolResult& result) {
    std::string out = "<tool_result id=\"" + result.tool_use_id.str() + "\" status=\"";
    out += result.is_error ? "error\">" : "success\">";
    bool any = false;
    for (const auto& item : result.content) {
        if (any) out += '\n';
        any = true;
        const auto* text = std::get_if<chat::Text>(&item);
        out += text ? std::string_view(text->text) : std::string_view("[image attached to this message]");
    }
    return out += "</tool_result>";
}

std::string call_as_text(const chat::ToolUse& use) {
    std::string out = "<tool_use id=\"" + use.id.str() + "\" name=\"" + use.name.str() + "\">";
    return out.append(use.input.text()).append("</tool_use>");
}

}  // namespace kg::kiro
