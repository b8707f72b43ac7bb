#include "core/chat/thinking_splitter.hpp"

#include <algorithm>

namespace kg::chat {
namespace {

constexpr std::string_view kOpen = "<thinking>";
constexpr std::string_view kClose = "</thinking>\n\n";
constexpr std::size_t kCloseTagBytes = kClose.size() - 2;

/// Takes bytes from `text` while they continue `pattern`; '<' stands only at a pattern's start, so
/// a mismatch never has to look back.
std::size_t extend(std::string& held, std::string_view pattern, std::string_view text) {
    std::size_t at = 0;
    while (at < text.size() && held.size() < pattern.size() && text[at] == pattern[held.size()]) {
        held += text[at++];
    }
    return at;
}

}  // namespace

void ThinkingSplitter::push(std::string_view text) {
    while (!text.empty()) {
        if (state_ == State::off) return emit_text(text);
        text.remove_prefix(state_ == State::text ? push_text(text) : push_thinking(text));
    }
}

void ThinkingSplitter::disable() {
    finish();
    state_ = State::off;
}

void ThinkingSplitter::finish() {
    if (state_ == State::thinking) {
        if (held_.size() < kCloseTagBytes) emit_thinking(held_);
        held_.clear();
        end_thinking();
    } else {
        emit_text(held_);
        held_.clear();
    }
    fence_marks_ = 0;
    begin_line();
}

/// Consumes text up to and including an opening tag, or all of it.
std::size_t ThinkingSplitter::push_text(std::string_view text) {
    std::size_t at = 0;
    std::size_t shown = 0;
    while (at < text.size()) {
        if (held_.empty() && (line_ != Line::start || fence_marks_ != 0 || text[at] != '<')) {
            follow_line(text, at);
            continue;
        }
        emit_text(text.substr(shown, at - shown));
        at += extend(held_, kOpen, text.substr(at));
        shown = at;
        if (held_.size() == kOpen.size()) {
            held_.clear();
            state_ = State::thinking;
            after_open_ = true;
            return at;
        }
        if (at < text.size()) {
            emit_text(held_);
            held_.clear();
            line_ = Line::plain;
        }
    }
    emit_text(text.substr(shown));
    return at;
}

/// Consumes thinking up to and including a closing tag with its blank line, or all of it.
std::size_t ThinkingSplitter::push_thinking(std::string_view text) {
    std::size_t at = 0;
    if (after_open_) {
        after_open_ = false;
        if (text.front() == '\n') at = 1;
    }
    while (at < text.size()) {
        if (held_.empty()) {
            const std::size_t tag = std::min(text.find('<', at), text.size());
            emit_thinking(text.substr(at, tag - at));
            at = tag;
        }
        at += extend(held_, kClose, text.substr(at));
        if (held_.size() == kClose.size()) {
            held_.clear();
            end_thinking();
            begin_line();
            return at;
        }
        if (at < text.size()) {
            emit_thinking(held_);
            held_.clear();
        }
    }
    return at;
}

/// Advances at least one byte, over a stretch that cannot begin a tag.
void ThinkingSplitter::follow_line(std::string_view text, std::size_t& at) {
    if (line_ == Line::plain) at = std::min(text.find('\n', at), text.size());
    if (at == text.size()) return;
    const char c = text[at++];
    if (c == '\n') return end_line();
    switch (line_) {
        case Line::start:
        case Line::indent:
            // Markdown: a fence may be indented by three spaces, four make a code line of it.
            if (c == ' ') {
                line_ = ++indent_ < 4 ? Line::indent : Line::plain;
            } else if (c == '`' || c == '~') {
                line_ = Line::marks;
                mark_ = c;
                marks_ = 1;
            } else {
                line_ = Line::plain;
            }
            return;
        case Line::marks:
            if (c == mark_) {
                ++marks_;
                return;
            }
            line_ = marks_ >= 3 ? Line::after_marks : Line::plain;
            [[fallthrough]];
        case Line::after_marks:
            blank_after_marks_ = blank_after_marks_ && (c == ' ' || c == '\t' || c == '\r');
            mark_after_marks_ = mark_after_marks_ || c == mark_;
            return;
        case Line::plain: return;
    }
}

void ThinkingSplitter::end_line() {
    const bool marked = marks_ >= 3 && (line_ == Line::marks || line_ == Line::after_marks);
    if (marked && fence_marks_ == 0) {
        // "```a```" on one line is inline code, not a fence.
        if (mark_ == '~' || !mark_after_marks_) {
            fence_marks_ = marks_;
            fence_mark_ = mark_;
        }
    } else if (marked && mark_ == fence_mark_ && marks_ >= fence_marks_ && blank_after_marks_) {
        fence_marks_ = 0;
    }
    begin_line();
}

void ThinkingSplitter::begin_line() {
    line_ = Line::start;
    indent_ = 0;
    marks_ = 0;
    blank_after_marks_ = true;
    mark_after_marks_ = false;
}

void ThinkingSplitter::emit_text(std::string_view text) {
    if (!text.empty()) output_.on_text(text);
}

void ThinkingSplitter::emit_thinking(std::string_view text) {
    if (!text.empty()) output_.on_thinking(text);
}

void ThinkingSplitter::end_thinking() {
    state_ = State::text;
    after_open_ = false;
    output_.on_thinking_end();
}

}  // namespace kg::chat
