#pragma once

#include "core/chat/event.hpp"
#include "core/chat/response.hpp"

namespace kg::chat {

/// Folds events into a Response (non-streamed answers). Feed every event, then take().
class Accumulator {
  public:
    void add(const StreamEvent& event);
    /// Bytes held so far (text, thinking, tool input), for the caller's limit.
    std::size_t size_bytes() const { return size_bytes_; }
    Response take(StopReason reason, std::string_view stop_sequence, const FinalUsage& usage);

  private:
    template <class T>
    T& continued();
    Thinking& open_thinking();
    void new_part(Part part);
    void settle_text();
    void close_tool();

    Response response_;
    std::string text_;  // of the last part, as long as it grows
    std::string tool_input_;
    std::size_t size_bytes_ = 0;
};

}  // namespace kg::chat
