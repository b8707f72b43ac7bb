#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/chat/event.hpp"
#include "core/kiro/failure.hpp"
#include "core/kiro/frame.hpp"
#include "core/kiro/payload.hpp"
#include "core/kiro/tool_assembler.hpp"

namespace kg::kiro {

/// Failure::reason of an empty answer that upstream calls finished.
inline constexpr std::string_view kEndTurn = "END_TURN";

struct EventDecoderOptions {
    bool drop_duplicate_text = false;  // 4.3
    bool strict_tail = false;          // content without metadata, usage or metering was cut (4.6)
};

/// Frames of one answer to StreamEvents (kiro-upstream 4.2-4.7). Pure: no clock, socket or log.
/// Calls: decode(frame) while it answers `more`, then finish() at the end of the stream unless it
/// ended or failed before. MessageEnd is the last event of an answer that did not fail.
class EventDecoder {
  public:
    class Output {
      public:
        /// Views in `event` die when the call returns.
        virtual void on_decoded(const chat::StreamEvent& event) = 0;

      protected:
        ~Output() = default;
    };
    enum class Step : std::uint8_t { more, ended, failed };

    EventDecoder(EventDecoderOptions options, Output& output) : options_(options), output_(output) {}
    Step decode(const FrameView& frame);
    Step finish();

    const Failure& failure() const { return failure_; }
    /// Text, thinking or a complete tool call was delivered.
    bool has_content() const { return said_ || tools_done_ > 0; }
    /// The model that answered, as far as upstream told.
    const std::string& model_id() const { return model_id_; }
    std::size_t ignored_frames() const { return ignored_; }
    /// The tool whose call is not complete, by its upstream name; "" when there is none.
    std::string_view cut_tool() const { return cut_tool_.empty() ? tools_.open_name() : cut_tool_; }

  private:
    using Reader = Step (EventDecoder::*)(const FrameView& frame);
    struct EventRow {
        std::string_view name;
        Reader read;
    };
    static const EventRow* find_event(std::string_view name);

    Step read_text(const FrameView& frame);
    Step read_code(const FrameView& frame);
    Step read_reasoning(const FrameView& frame);
    Step read_tool(const FrameView& frame);
    Step read_metadata(const FrameView& frame);
    Step read_context_usage(const FrameView& frame);
    Step read_metering(const FrameView& frame);
    Step read_invalid_state(const FrameView& frame);
    Step read_error(const FrameView& frame);
    Step skip(const FrameView& frame);

    Step exception(std::string_view type, std::string_view payload);
    void emit_text(std::string_view text);
    void emit_tool(const ToolAssembler::Complete& tool);
    Step end(chat::StopReason reason);
    Step fail(FailureClass cls, std::string detail);
    Step damaged(const FrameView& frame);

    /// Upstream's stopReason (4.6).
    enum class Stop : std::uint8_t {
        none,
        end_turn,
        tool_use,
        stop_sequence,
        max_tokens,
        context_window,
        pause_turn,
        refusal,
        malformed_tool,
        malformed_output,
        unknown
    };
    static Stop parse_stop(std::string_view text);
    bool stop_explains_silence() const;

    const EventDecoderOptions options_;
    Output& output_;
    Payload payload_;
    ToolAssembler tools_;
    std::size_t tools_done_ = 0;
    bool said_ = false;
    bool tail_seen_ = false;
    Stop stop_ = Stop::none;
    bool context_full_ = false;
    chat::Usage usage_;
    std::string model_id_;
    std::string last_text_;  // kept only to drop duplicates
    std::size_t ignored_ = 0;
    std::string cut_tool_;  // of a call whose input was no JSON object
    Failure failure_;
};

}  // namespace kg::kiro
