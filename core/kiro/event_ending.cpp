// How an answer ends: upstream's stopReason and what was seen until the end of the stream (4.6).
#include <array>

#include "core/base/ascii.hpp"
#include "core/kiro/event_decoder.hpp"

namespace kg::kiro {

EventDecoder::Stop EventDecoder::parse_stop(std::string_view text) {
    struct Row {
        std::string_view name;
        Stop stop;
    };
    static constexpr auto kRows = std::to_array<Row>({
        {kEndTurn, Stop::end_turn},
        {"TOOL_USE", Stop::tool_use},
        {"STOP_SEQUENCE", Stop::stop_sequence},
        {"MAX_TOKENS", Stop::max_tokens},
        {"MODEL_CONTEXT_WINDOW_EXCEEDED", Stop::context_window},
        {"PAUSE_TURN", Stop::pause_turn},
        {"CONTENT_FILTERED", Stop::refusal},
        {"GUARDRAIL_INTERVENED", Stop::refusal},
        {"MALFORMED_TOOL_USE", Stop::malformed_tool},
        {"MALFORMED_MODEL_OUTPUT", Stop::malformed_output},
    });
    for (const Row& row : kRows) {
        if (ascii::equals_ignoring_case(row.name, text)) return row.stop;
    }
    return Stop::unknown;
}

/// Whether upstream said why there is no content; otherwise an empty answer is a fault.
bool EventDecoder::stop_explains_silence() const {
    return stop_ == Stop::refusal || stop_ == Stop::max_tokens || stop_ == Stop::context_window ||
           stop_ == Stop::pause_turn || context_full_;
}

EventDecoder::Step EventDecoder::end(chat::StopReason reason) {
    output_.on_decoded(chat::MessageEnd{reason, {}, cut_tool()});
    return Step::ended;
}

EventDecoder::Step EventDecoder::finish() {
    using enum chat::StopReason;
    if (stop_ == Stop::malformed_tool) return fail(FailureClass::tool_input_invalid, "MALFORMED_TOOL_USE");
    if (stop_ == Stop::malformed_output) return fail(FailureClass::damaged_stream, "MALFORMED_MODEL_OUTPUT");
    if (!has_content() && !stop_explains_silence()) {
        if (tools_.open() > 0)
            return fail(FailureClass::damaged_stream, "the stream ended inside a tool call");
        fail(FailureClass::empty_answer, {});
        if (stop_ == Stop::end_turn) failure_.reason = kEndTurn;
        return Step::failed;
    }
    if (stop_ == Stop::max_tokens) return end(max_tokens);
    if (stop_ == Stop::refusal) return end(refusal);
    if (stop_ == Stop::context_window || context_full_) return end(context_window);
    if (tools_.open() > 0) return end(max_tokens);
    if (stop_ == Stop::pause_turn) return end(pause_turn);
    if (options_.strict_tail && !tail_seen_) return end(max_tokens);
    if (tools_done_ > 0) return end(tool_use);
    return end(stop_ == Stop::stop_sequence ? stop_sequence : end_turn);
}

}  // namespace kg::kiro
