#include "core/chat/text_seam.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace kg::chat {
namespace {

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Lengths of the longest proper border of each prefix (Knuth-Morris-Pratt).
std::vector<std::uint32_t> borders(std::string_view text) {
    std::vector<std::uint32_t> out(text.size() + 1, 0);
    for (std::size_t i = 1, k = 0; i < text.size(); ++i) {
        while (k > 0 && text[i] != text[k]) k = out[k];
        if (text[i] == text[k]) ++k;
        out[i + 1] = static_cast<std::uint32_t>(k);
    }
    return out;
}

/// The letters that the text ends with, when they begin a word.
std::size_t word_at_end(std::string_view text) {
    std::size_t n = 0;
    while (n < text.size() && is_letter(text[text.size() - 1 - n])) ++n;
    return n;
}

}  // namespace

TextSeam::TextSeam(std::string_view said) : whole_(said.size() <= kLookBackMax) {
    tail_ = said.substr(said.size() - std::min(said.size(), kLookBackMax));
    settled_ = tail_.empty();
}

std::string_view TextSeam::push(std::string_view text) {
    if (settled_) {
        held_.assign(text);
        return held_;
    }
    held_ += text;
    return may_repeat_more() ? std::string_view() : settle();
}

std::string_view TextSeam::finish() {
    return settled_ ? std::string_view() : settle();
}

/// While all that is held stands somewhere in the tail, a longer repetition may be on its way.
bool TextSeam::may_repeat_more() const {
    return held_.size() < tail_.size() && tail_.find(held_) != std::string::npos;
}

/// How many bytes at the front of held_ are the end of tail_ once more.
std::size_t TextSeam::repeated() const {
    const auto fallback = borders(held_);
    const std::string_view held = held_;
    std::size_t k = 0;  // of held_, matched at the current byte of tail_
    for (const char c : tail_) {
        if (k == held.size()) k = fallback[k];
        while (k > 0 && held[k] != c) k = fallback[k];
        if (held[k] == c) ++k;
    }
    // From the longest match to shorter ones, until one is evidence.
    for (; k > 0; k = fallback[k]) {
        const bool repeats_itself = 2 * (k - fallback[k]) <= k;
        const bool twice_before = tail_.size() >= 2 * k && std::string_view(tail_).substr(
                                                               tail_.size() - 2 * k, k) == held.substr(0, k);
        if (repeats_itself || twice_before) continue;
        if (k >= kEvidenceMin || (whole_ && k == tail_.size() && k >= kWordMin)) return k;
        // A word begun anew: all of it was said, and it goes on.
        if (k >= kWordMin && word_at_end(tail_) == k && k < held.size() && is_letter(held[k])) return k;
    }
    return 0;
}

std::string_view TextSeam::settle() {
    settled_ = true;
    dropped_ = held_.empty() ? 0 : repeated();
    return std::string_view(held_).substr(dropped_);
}

}  // namespace kg::chat
