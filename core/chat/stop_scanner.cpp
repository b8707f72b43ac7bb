#include "core/chat/stop_scanner.hpp"

#include <algorithm>
#include <utility>

namespace kg::chat {
namespace {

std::vector<std::uint32_t> fallback_table(const std::string& text) {
    std::vector<std::uint32_t> table(text.size() + 1, 0);
    std::uint32_t k = 0;
    for (std::size_t i = 1; i < text.size(); ++i) {
        while (k > 0 && text[i] != text[k]) k = table[k];
        if (text[i] == text[k]) ++k;
        table[i + 1] = k;
    }
    return table;
}

}  // namespace

StopScanner::StopScanner(std::vector<std::string> sequences) {
    for (auto& text : sequences) {
        if (text.empty()) continue;
        if (first_bytes_.find(text.front()) == std::string::npos) first_bytes_ += text.front();
        auto fallback = fallback_table(text);
        sequences_.push_back({std::move(text), std::move(fallback)});
    }
}

const StopScanner::Sequence* StopScanner::step(char c) {
    const Sequence* complete = nullptr;
    longest_ = 0;
    for (Sequence& s : sequences_) {
        while (s.matched > 0 && c != s.text[s.matched]) s.matched = s.fallback[s.matched];
        if (c == s.text[s.matched]) ++s.matched;
        longest_ = std::max<std::size_t>(longest_, s.matched);
        if (s.matched == s.text.size() && (!complete || s.text.size() > complete->text.size())) complete = &s;
    }
    return complete;
}

StopScanner::Output StopScanner::push(std::string_view text) {
    if (over_) return {};
    if (sequences_.empty()) return {.text = text, .matched = std::nullopt};
    buffer_.erase(0, shown_);
    shown_ = 0;
    std::size_t at = buffer_.size();
    buffer_ += text;
    while (at < buffer_.size()) {
        if (longest_ == 0) {
            at = std::min(buffer_.find_first_of(first_bytes_, at), buffer_.size());
            if (at == buffer_.size()) break;
        }
        const Sequence* const complete = step(buffer_[at++]);
        if (!complete) continue;
        over_ = true;
        return {.text = std::string_view(buffer_).substr(0, at - complete->text.size()),
                .matched = complete->text};
    }
    shown_ = buffer_.size() - longest_;
    return {.text = std::string_view(buffer_).substr(0, shown_), .matched = std::nullopt};
}

std::string_view StopScanner::finish() {
    if (over_) return {};
    for (Sequence& s : sequences_) s.matched = 0;
    longest_ = 0;
    const std::size_t held = std::exchange(shown_, buffer_.size());
    return std::string_view(buffer_).substr(held);
}

}  // namespace kg::chat
