#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/chat/dialect.hpp"
#include "core/chat/tool_ids.hpp"

namespace kg::anthropic {

/// The event stream of client-apis 4.8. Keeps at most one content block open; indexes run without
/// gaps. The constant bytes around each delta are built once per block, so that a delta costs an
/// escape and two copies.
class StreamEncoder final : public chat::StreamEncoder {
  public:
    StreamEncoder(const chat::Request& request, const chat::AnswerContext& context);

    void begin(std::string& out) override;
    void event(const chat::StreamEvent& event, std::string& out) override;
    void finish(chat::StopReason reason, std::string_view stop_sequence, const chat::FinalUsage& usage,
                std::string& out) override;
    void fail(const Error& error, std::string& out) override;
    void keep_alive(std::string& out) override;

  private:
    /// The open block; `complete` only waits for its stop event.
    enum class Block : std::uint8_t { none, text, thinking, tool, complete };

    void start_frame(std::string_view content_block, std::string& out);
    void open(Block block, std::string_view content_block, std::string_view delta, std::string& out);
    void close(std::string& out);
    void write_delta(std::string_view text, std::string& out);
    void sign(std::string_view signature, std::string& out);
    void text(std::string_view text, std::string& out);
    void thinking(std::string_view text, std::string& out);
    void signature(std::string_view signature, std::string& out);
    void redacted(std::string_view data, std::string& out);
    void tool_start(const chat::ToolUseStart& start, std::string& out);
    void tool_input(std::string_view json, std::string& out);
    void tool_end(std::string& out);
    void search_start(const chat::WebSearchStart& start, std::string& out);
    void search_end(const chat::WebSearch& search, std::string& out);
    void open_thinking(std::string& out);

    const std::string model_;
    const std::string unique_;
    const std::uint64_t input_tokens_;
    const bool thinking_enabled_;
    const bool omit_thinking_;
    const bool no_content_;
    chat::ToolIds ids_;
    std::string delta_head_;  // of the open block, up to the escaped text
    std::string index_;       // of the open or next block, in digits
    std::size_t blocks_ = 0;
    Block block_ = Block::none;
    bool tool_calls_ = false;
    bool tool_input_seen_ = false;
};

}  // namespace kg::anthropic
