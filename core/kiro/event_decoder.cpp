#include "core/kiro/event_decoder.hpp"

#include <algorithm>
#include <array>

#include "core/base/ascii.hpp"
#include "core/kiro/redact.hpp"

namespace kg::kiro {
namespace {

// Beyond these a number is a mistake, or a lie that would spoil every sum it goes into.
constexpr double kPercentMax = 1'000, kCreditsMax = 1'000'000;

}  // namespace

const EventDecoder::EventRow* EventDecoder::find_event(std::string_view name) {
    // By how often they come.
    static constexpr auto kEvents = std::to_array<EventRow>({
        {"assistantResponseEvent", &EventDecoder::read_text},
        {"toolUseEvent", &EventDecoder::read_tool},
        {"reasoningContentEvent", &EventDecoder::read_reasoning},
        {"metadataEvent", &EventDecoder::read_metadata},
        {"contextUsageEvent", &EventDecoder::read_context_usage},
        {"meteringEvent", &EventDecoder::read_metering},
        {"codeEvent", &EventDecoder::read_code},
        {"toolUse", &EventDecoder::read_tool},
        {"invalidStateEvent", &EventDecoder::read_invalid_state},
        {"error", &EventDecoder::read_error},
        // Known and of no use to a client. followupPromptEvent has a `content`, which is not text.
        {"initial-response", &EventDecoder::skip},
        {"messageMetadataEvent", &EventDecoder::skip},
        {"followupPromptEvent", &EventDecoder::skip},
        {"toolResultEvent", &EventDecoder::skip},
        {"codeReferenceEvent", &EventDecoder::skip},
        {"supplementaryWebLinksEvent", &EventDecoder::skip},
        {"citationEvent", &EventDecoder::skip},
        {"intentsEvent", &EventDecoder::skip},
        {"interactionComponentsEvent", &EventDecoder::skip},
        {"dryRunSucceedEvent", &EventDecoder::skip},
    });
    for (const EventRow& row : kEvents) {
        if (row.name == name) return &row;
    }
    return nullptr;
}

EventDecoder::Step EventDecoder::decode(const FrameView& frame) {
    if (frame.message_type.empty() || frame.message_type == "event") {
        const EventRow* row = find_event(frame.event_type);
        if (row == nullptr) return ++ignored_, Step::more;
        return (this->*row->read)(frame);
    }
    if (frame.message_type == "exception") return exception(frame.exception_type, frame.payload);
    if (frame.message_type == "error") {
        return exception(frame.error_code, frame.error_message.empty() ? frame.payload : frame.error_message);
    }
    return ++ignored_, Step::more;
}

EventDecoder::Step EventDecoder::skip(const FrameView&) {
    return Step::more;
}

EventDecoder::Step EventDecoder::read_text(const FrameView& frame) {
    if (!payload_.open(frame.payload, frame.event_type)) return damaged(frame);
    const std::string_view text = payload_.string("content");
    const std::string_view model = payload_.string("modelId");
    if (!payload_.ok()) return damaged(frame);
    if (!model.empty() && model != model_id_) model_id_ = model;
    if (options_.drop_duplicate_text) {
        if (!text.empty() && text == last_text_) return Step::more;
        last_text_ = text;
    }
    emit_text(text);
    return Step::more;
}

EventDecoder::Step EventDecoder::read_code(const FrameView& frame) {
    if (!payload_.open(frame.payload, frame.event_type)) return damaged(frame);
    const std::string_view text = payload_.string("content");
    if (!payload_.ok()) return damaged(frame);
    emit_text(text);
    return Step::more;
}

void EventDecoder::emit_text(std::string_view text) {
    if (text.empty()) return;
    said_ = true;
    output_.on_decoded(chat::TextDelta{text});
}

EventDecoder::Step EventDecoder::read_reasoning(const FrameView& frame) {
    if (!payload_.open(frame.payload, frame.event_type)) return damaged(frame);
    const std::string_view text = payload_.string("text");
    const std::string_view signature = payload_.string("signature");
    const std::string_view hidden = payload_.string("redactedContent");
    if (!payload_.ok()) return damaged(frame);
    last_text_.clear();
    said_ = said_ || !text.empty() || !signature.empty() || !hidden.empty();
    // Models that hide their thinking send "..." beside the signature: a placeholder, not a
    // thought.
    const bool placeholder = text == "..." && !signature.empty();
    if (!text.empty() && !placeholder) output_.on_decoded(chat::ThinkingDelta{text});
    if (!signature.empty()) output_.on_decoded(chat::ThinkingSignature{signature});
    if (!hidden.empty()) output_.on_decoded(chat::RedactedThinking{hidden});
    return Step::more;
}

EventDecoder::Step EventDecoder::read_tool(const FrameView& frame) {
    if (!payload_.open(frame.payload, frame.event_type)) return damaged(frame);
    ToolAssembler::Fragment fragment;
    fragment.id = payload_.string("toolUseId");
    fragment.name = payload_.string("name");
    fragment.input = payload_.text_or_object("input");
    // The legacy event carries a whole call and has no `stop`.
    fragment.stop = payload_.boolean("stop") || frame.event_type == "toolUse";
    if (!payload_.ok()) return damaged(frame);
    last_text_.clear();
    switch (tools_.add(fragment)) {
        case ToolAssembler::Step::buffered: return Step::more;
        case ToolAssembler::Step::complete: return emit_tool(tools_.taken()), Step::more;
        case ToolAssembler::Step::damaged: return damaged(frame);
        case ToolAssembler::Step::too_large:
            return fail(FailureClass::damaged_stream, "more tool input than the gateway buffers");
        case ToolAssembler::Step::invalid_input: cut_tool_ = tools_.taken().name; break;
    }
    return fail(FailureClass::tool_input_invalid, "the tool input is not a JSON object");
}

void EventDecoder::emit_tool(const ToolAssembler::Complete& tool) {
    ++tools_done_;
    output_.on_decoded(chat::ToolUseStart{tool.id, tool.name});
    const std::string_view text = tool.input.source();
    std::size_t start = 0;
    for (const std::size_t cut : tool.cuts) {
        output_.on_decoded(chat::ToolInputDelta{text.substr(start, cut - start)});
        start = cut;
    }
    output_.on_decoded(chat::ToolUseEnd{});
}

EventDecoder::Step EventDecoder::read_metadata(const FrameView& frame) {
    if (!payload_.open_document(frame.payload, frame.event_type)) return damaged(frame);
    tail_seen_ = true;
    const std::string_view stop = payload_.string("stopReason");
    const json::Node tokens = payload_.object("tokenUsage");
    auto uncached = payload_.count(tokens, "uncachedInputTokens");
    const auto output = payload_.count(tokens, "outputTokens");
    const auto total = payload_.count(tokens, "totalTokens");
    const auto cache_read = payload_.count(tokens, "cacheReadInputTokens");
    const auto cache_write = payload_.count(tokens, "cacheWriteInputTokens");
    if (!payload_.ok()) return damaged(frame);
    if (!stop.empty()) stop_ = parse_stop(stop);
    if (!uncached && total && output) {
        const std::uint64_t known = *output + cache_read.value_or(0) + cache_write.value_or(0);
        uncached = *total > known ? *total - known : 0;
    }
    if (!uncached && !output && !cache_read && !cache_write) return Step::more;
    if (uncached) usage_.uncached_input_tokens = uncached;
    if (output) usage_.output_tokens = output;
    if (cache_read) usage_.cache_read_tokens = cache_read;
    if (cache_write) usage_.cache_write_tokens = cache_write;
    output_.on_decoded(usage_);
    return Step::more;
}

EventDecoder::Step EventDecoder::read_context_usage(const FrameView& frame) {
    if (!payload_.open_document(frame.payload, frame.event_type)) return damaged(frame);
    tail_seen_ = true;
    const auto percent = payload_.number(payload_.root(), "contextUsagePercentage");
    if (!payload_.ok()) return damaged(frame);
    if (!percent || *percent < 0 || *percent > kPercentMax) return Step::more;
    context_full_ = *percent >= 100;
    usage_.context_percent = percent;
    output_.on_decoded(usage_);
    return Step::more;
}

EventDecoder::Step EventDecoder::read_metering(const FrameView& frame) {
    if (!payload_.open_document(frame.payload, frame.event_type)) return damaged(frame);
    tail_seen_ = true;
    const auto credits = payload_.number(payload_.root(), "usage");
    if (!payload_.ok()) return damaged(frame);
    if (!credits || *credits < 0) return Step::more;
    usage_.credits = std::min(usage_.credits.value_or(0) + *credits, kCreditsMax);
    output_.on_decoded(usage_);
    return Step::more;
}

EventDecoder::Step EventDecoder::read_invalid_state(const FrameView& frame) {
    failure_ = classify_exception("InvalidState", frame.payload);
    failure_.cls = FailureClass::malformed;
    return Step::failed;
}

EventDecoder::Step EventDecoder::read_error(const FrameView& frame) {
    return exception("InternalServerException", frame.payload);
}

EventDecoder::Step EventDecoder::exception(std::string_view type, std::string_view payload) {
    Failure failure = classify_exception(type, payload);
    // After an answer has begun, running out of room is how it ends, not an error.
    if (failure.cls == FailureClass::context_overflow && has_content())
        return end(chat::StopReason::max_tokens);
    failure_ = std::move(failure);
    return Step::failed;
}

EventDecoder::Step EventDecoder::fail(FailureClass cls, std::string detail) {
    failure_ = Failure{};
    failure_.cls = cls;
    failure_.detail = std::move(detail);
    return Step::failed;
}

EventDecoder::Step EventDecoder::damaged(const FrameView& frame) {
    return fail(FailureClass::damaged_stream, "unreadable " + redacted(frame.event_type, 64));
}

}  // namespace kg::kiro
