#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kg::demo {

/// Bytes of an answer and how long to wait before sending them.
struct Piece {
    std::string bytes;
    std::chrono::milliseconds pause{};
};

struct TokenUsage {
    std::int64_t uncached = 0, output = 0, cache_read = 0, cache_write = 0;
};

/// Writes the frames of one answer, shaped and ordered as the service's own (kiro-upstream 4.2).
class FrameScript {
  public:
    /// Holds back the next frame.
    FrameScript& pause(std::chrono::milliseconds delay);
    FrameScript& text(std::string_view text, std::string_view model = {});
    /// The same, in fragments of about `bytes` that never cut a character, each after `delay`.
    FrameScript& text_in_fragments(std::string_view text, std::size_t bytes,
                                   std::chrono::milliseconds delay = {});
    FrameScript& thinking(std::string_view text);
    FrameScript& thinking_in_fragments(std::string_view text, std::size_t bytes,
                                       std::chrono::milliseconds delay = {});
    FrameScript& signature(std::string_view signature);
    FrameScript& redacted(std::string_view base64);
    FrameScript& tool_open(std::string_view id, std::string_view name);
    FrameScript& tool_input(std::string_view id, std::string_view name, std::string_view fragment);
    FrameScript& tool_close(std::string_view id, std::string_view name);
    /// metadataEvent; a null `usage` or an empty `stop_reason` is left out.
    FrameScript& metadata(const TokenUsage* usage, std::string_view stop_reason);
    FrameScript& context_usage(double percentage);
    FrameScript& metering(double credits);
    FrameScript& event(std::string_view type, std::string_view payload);
    FrameScript& exception(std::string_view type, std::string_view message, std::string_view reason);
    FrameScript& error(std::string_view code, std::string_view message);
    FrameScript& raw(std::string bytes);
    /// metadata, context usage, metering: what a healthy stream ends with.
    FrameScript& tail(const TokenUsage& usage, std::string_view stop_reason, double context_percentage,
                      double credits);

    bool empty() const { return pieces_.empty(); }
    std::vector<Piece> take() { return std::move(pieces_); }

  private:
    FrameScript& add(std::string bytes);

    std::vector<Piece> pieces_;
    std::chrono::milliseconds next_pause_{};
};

/// `text` in parts of about `bytes`, whole characters each.
std::vector<std::string_view> fragments(std::string_view text, std::size_t bytes);

}  // namespace kg::demo
