#include "core/kiro/redact.hpp"

#include <array>

#include "core/base/ascii.hpp"

namespace kg::kiro {
namespace {

constexpr std::array<std::string_view, 5> kTokenBeginnings{"aoa", "aor", "ksk_", "eyJ", "kg-"};
constexpr std::size_t kTokenBytesMin = 12;   // shorter words that begin so are words
constexpr std::size_t kOpaqueBytesMin = 40;  // nothing a person wrote is that long without a space

bool ends_word(char c) {
    constexpr std::string_view kSeparators = " \t\r\n\"'`<>(){}[],;\\&";
    return kSeparators.find(c) != std::string_view::npos;
}

/// A long enumerator such as UNAUTHORIZED_CUSTOMIZATION_RESOURCE_ACCESS.
bool is_constant(std::string_view word) {
    for (const char c : word) {
        if (c != '_' && (c < 'A' || c > 'Z')) return false;
    }
    return true;
}

bool is_token(std::string_view word) {
    if (word.size() >= kOpaqueBytesMin) return !is_constant(word);
    if (word.size() < kTokenBytesMin) return false;
    for (const std::string_view beginning : kTokenBeginnings) {
        if (word.starts_with(beginning)) return true;
    }
    return false;
}

std::string_view replacement(std::string_view word) {
    if (word.find("arn:") != std::string_view::npos) return "<arn>";
    const std::size_t at = word.find('@');
    if (at != std::string_view::npos && at > 0 && at + 1 < word.size()) return "<e-mail>";
    // Assignments ("refreshToken=...", "token:...") hide a token behind a name.
    const std::size_t mark = word.find_last_of("=:");
    const bool named = mark != std::string_view::npos && is_token(word.substr(mark + 1));
    const std::size_t first = word.find_first_of("=:");
    const bool named_early = first != std::string_view::npos && is_token(word.substr(first + 1));
    return named || named_early || is_token(word) ? "<token>" : std::string_view{};
}

}  // namespace

std::string redacted(std::string_view text, std::size_t max_bytes) {
    // Looks a little beyond the limit, so that a secret cut by it is still recognised as one.
    const std::string_view source = text.substr(0, max_bytes + 256);
    std::string out;
    bool after_bearer = false;
    for (std::size_t i = 0; i < source.size() && out.size() < max_bytes;) {
        if (ends_word(source[i])) {
            out += static_cast<unsigned char>(source[i]) < 0x20 ? ' ' : source[i];
            ++i;
            continue;
        }
        std::size_t end = i;
        while (end < source.size() && !ends_word(source[end])) ++end;
        const std::string_view word = source.substr(i, end - i);
        const std::string_view instead = replacement(word);
        if (!instead.empty()) {
            out += instead;
        } else if (after_bearer && word.size() >= kTokenBytesMin) {
            out += "<token>";
        } else {
            for (const char c : word) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
        }
        after_bearer = ascii::equals_ignoring_case(word, "bearer");
        i = end;
    }
    if (!ascii::is_utf8(out)) {
        for (char& c : out) {
            if (static_cast<unsigned char>(c) >= 0x80) c = '?';
        }
    }
    if (out.size() > max_bytes) out.resize(ascii::utf8_prefix(out, max_bytes).size());
    return out;
}

}  // namespace kg::kiro
