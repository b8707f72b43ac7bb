#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/chat/dialect.hpp"
#include "core/chat/tool_ids.hpp"

namespace kg::openai {

/// The chunk stream of client-apis 6.4. Everything constant in a chunk is built once per answer, so
/// that a delta costs an escape and two copies.
class StreamEncoder final : public chat::StreamEncoder {
  public:
    StreamEncoder(const chat::Request& request, const chat::AnswerContext& context);

    void begin(std::string& out) override;
    void event(const chat::StreamEvent& event, std::string& out) override;
    void finish(chat::StopReason reason, std::string_view stop_sequence, const chat::FinalUsage& usage,
                std::string& out) override;
    void fail(const Error& error, std::string& out) override;
    void keep_alive(std::string& out) override;
    std::size_t size_bytes() const override { return text_.size() + (text_call_ ? text_call_->size() : 0); }

  private:
    void write_delta(const std::string& head, std::string_view text, const std::string& tail,
                     std::string& out);
    void tool_start(const chat::ToolUseStart& start, std::string& out);
    void tool_input(std::string_view json, std::string& out);
    void tool_end(std::string& out);

    const bool include_usage_;
    const bool legacy_functions_;
    const bool cites_;                    // pages of web searches
    std::string text_;                    // of the answer, to find the citations in
    std::vector<chat::SearchHit> pages_;  // found so far
    std::string chunk_head_;              // data: {... up to "choices":[
    std::string delta_head_;              // ... up to "delta":
    std::string delta_tail_;              // after a delta object, finish_reason null
    std::string text_head_;               // ... up to the escaped text
    std::string thinking_head_;
    std::string text_tail_;
    std::string arguments_head_;  // of the call that is open
    std::string arguments_tail_;
    chat::ToolIds ids_;
    std::size_t calls_ = 0;
    bool in_call_ = false;
    bool arguments_seen_ = false;
    std::vector<std::string> text_tools_;   // names of the tools of free text
    std::optional<std::string> text_call_;  // the input of such a call so far, as JSON
};

}  // namespace kg::openai
