#pragma once

#include <string>
#include <string_view>

#include "cmd/options.hpp"
#include "core/chat/event.hpp"

namespace kg::cmd {

/// What the numbers at the end of an answer were.
struct ChatTotals {
    std::string model, stop_reason;
    std::uint64_t input_tokens = 0, output_tokens = 0;
    double credits = 0;
};

/// Prints one answer: text to stdout as it arrives, thinking dimmed to stderr; or one JSON object
/// at the end; or one JSON object per event.
class ChatPrinter {
  public:
    explicit ChatPrinter(const ChatOptions& options);
    void text(std::string_view piece);
    void thinking(std::string_view piece);
    void tool_call(std::string_view id, std::string_view name, std::string_view input_json);
    void finish(const ChatTotals& totals);
    void abandon();  // the answer ended early: ends the line and the dimming

  private:
    void end_thinking();
    const ChatOptions& options_;
    const bool colour_;
    bool in_thinking_ = false;
    bool ends_with_newline_ = true;
    std::string text_, thinking_, tools_;
};

}  // namespace kg::cmd
