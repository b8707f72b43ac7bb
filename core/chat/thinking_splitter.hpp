#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/chat/event.hpp"
#include "core/chat/sink.hpp"

namespace kg::chat {

/// Splits `<thinking>...</thinking>` out of answer text (kiro-upstream 4.5, tag form), for models
/// that think in tags. Only used when thinking was requested; a native thinking event switches it
/// off. Pure, incremental: the same text in any pieces gives the same blocks. Linear time; holds
/// back at most one tag and two newlines. Opening tag: at the start of the answer or of a line,
/// outside code fences; one newline after it is dropped. Closing tag: followed by a blank line or
/// the end; that blank line is dropped.
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
    /// The text ends here (end of the answer, or a tool call): releases what was held back and ends
    /// an open thinking block. Text pushed afterwards starts a line.
    void finish();
    bool inside_thinking() const { return state_ == State::thinking; }

  private:
    enum class State : unsigned char { text, thinking, off };
    /// How far the current line of text is known not to be a code fence.
    enum class Line : unsigned char { start, indent, marks, after_marks, plain };

    std::size_t push_text(std::string_view text);
    std::size_t push_thinking(std::string_view text);
    void follow_line(std::string_view text, std::size_t& at);
    void end_line();
    void begin_line();
    void emit_text(std::string_view text);
    void emit_thinking(std::string_view text);
    void end_thinking();

    Output& output_;
    State state_ = State::text;
    std::string held_;  // bytes that are a tag so far
    bool after_open_ = false;

    Line line_ = Line::start;
    unsigned indent_ = 0;
    std::size_t marks_ = 0;  // length of the run of ` or ~ that the line begins with
    char mark_ = 0;
    bool blank_after_marks_ = true;
    bool mark_after_marks_ = false;
    std::size_t fence_marks_ = 0;  // of the open code fence, 0 outside
    char fence_mark_ = 0;
};

}  // namespace kg::chat
