#pragma once

#include <string>
#include <string_view>

#include "core/chat/event.hpp"
#include "core/chat/sink.hpp"

namespace kg::chat {

/// Splits `<thinking>...</thinking>` out of answer text (kiro-upstream 4.5, tag form), for models that
/// think in tags. Only used when thinking was requested; a native thinking event switches it off.
/// Pure, incremental: the same text in any pieces gives the same blocks. Linear time; holds back at
/// most one tag and two newlines.
/// Opening tag: at the start of the answer or of a line, outside code fences; one newline after it is
/// dropped. Closing tag: followed by a blank line or the end; that blank line is dropped.
class ThinkingSplitter {
 public:
    /// Receives the pieces: `thinking` tells the kind. Views die when the call returns.
    class Output {
     public:
        virtual void on_text(std::string_view text) = 0;
        virtual void on_thinking(std::string_view text) = 0;
        virtual void on_thinking_end() = 0;

     protected:
        ~Output() = default;
    };
    explicit ThinkingSplitter(Output& output) : output_(output) {}

    void push(std::string_view text);
    /// A native thinking event was seen: from here on text is text.
    void disable();
    void finish();
    bool inside_thinking() const { return state_ == State::thinking; }

 private:
    enum class State : unsigned char { text, thinking, off };
    Output& output_;
    State state_ = State::text;
    std::string held_;
    bool line_start_ = true;
    bool in_fence_ = false;
    bool after_open_ = false;
};

}  // namespace kg::chat
