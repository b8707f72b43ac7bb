#include "core/anthropic/stream_encoder.hpp"

#include "core/anthropic/answer.hpp"
#include "core/base/overloaded.hpp"
#include "core/chat/error_headers.hpp"
#include "core/json/writer.hpp"

namespace kg::anthropic {
namespace {

constexpr std::string_view kPing = "event: ping\ndata: {\"type\":\"ping\"}\n\n";
constexpr std::string_view kDeltaTail = "\"}}\n\n";
constexpr std::string_view kTextBlock = R"({"type":"text","text":""})";
constexpr std::string_view kThinkingBlock = R"({"type":"thinking","thinking":"","signature":""})";

}  // namespace

StreamEncoder::StreamEncoder(const chat::Request& request, const chat::AnswerContext& context)
    : model_(request.model),
      unique_(context.unique),
      input_tokens_(context.input_tokens_estimate),
      thinking_enabled_(request.thinking.enabled),
      omit_thinking_(request.thinking.omit_text),
      no_content_(wants_no_content(request)),
      ids_("toolu_", context.unique),
      index_("0") {
    delta_head_.reserve(160);
}

void StreamEncoder::begin(std::string& out) {
    out += "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_";
    json::append_escaped(out, unique_);
    out += R"(","type":"message","role":"assistant","model":)";
    json::append_string(out, model_);
    out += R"(,"content":[],"stop_reason":null,"stop_sequence":null,"usage":{)";
    chat::FinalUsage usage;
    usage.input_tokens = input_tokens_;
    usage.output_tokens = 1;
    append_usage_members(out, usage);
    out += "}}}\n\n";
    out += kPing;
}

void StreamEncoder::event(const chat::StreamEvent& event, std::string& out) {
    std::visit(overloaded{
                   [&](const chat::TextDelta& e) { text(e.text, out); },
                   [&](const chat::ThinkingDelta& e) { thinking(e.text, out); },
                   [&](const chat::ThinkingSignature& e) { signature(e.signature, out); },
                   [&](const chat::RedactedThinking& e) { redacted(e.data, out); },
                   [&](const chat::ToolUseStart& e) { tool_start(e, out); },
                   [&](const chat::ToolInputDelta& e) { tool_input(e.json, out); },
                   [&](const chat::ToolUseEnd&) { tool_end(out); },
                   [&](const chat::WebSearchStart& e) { search_start(e, out); },
                   [&](const chat::WebSearchEnd& e) { search_end(*e.search, out); },
                   [](const chat::Usage&) {},
                   [](const chat::MessageEnd&) {},
               },
               event);
}

void StreamEncoder::finish(chat::StopReason reason, std::string_view stop_sequence,
                           const chat::FinalUsage& usage, std::string& out) {
    close(out);
    if (blocks_ == 0 && !no_content_) {
        // Several front-ends look at content[0] without asking whether it is there.
        start_frame(kTextBlock, out);
        block_ = Block::complete;
        close(out);
    }
    out += "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{";
    append_stop_members(out, stop_reason_name(reason, tool_calls_), stop_sequence);
    out += "},\"usage\":{";
    append_usage_members(out, usage);
    out += "}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
}

void StreamEncoder::fail(const Error& error, std::string& out) {
    out += "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"";
    out += error_row(error.kind).anthropic_type;
    out += "\",\"message\":";
    json::append_string(out, chat::error_sentence(error));
    out += "}}\n\n";
}

void StreamEncoder::keep_alive(std::string& out) {
    out += kPing;
}

void StreamEncoder::start_frame(std::string_view content_block, std::string& out) {
    out += "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":";
    out.append(index_).append(",\"content_block\":").append(content_block).append("}\n\n");
}

void StreamEncoder::open(Block block, std::string_view content_block, std::string_view delta,
                         std::string& out) {
    close(out);
    start_frame(content_block, out);
    delta_head_ = "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":";
    delta_head_.append(index_).append(",\"delta\":{\"type\":\"").append(delta).append("\":\"");
    block_ = block;
}

void StreamEncoder::close(std::string& out) {
    if (block_ == Block::none) return;
    if (block_ == Block::thinking) sign(placeholder_signature(unique_, blocks_), out);
    out += "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":";
    out.append(index_).append("}\n\n");
    block_ = Block::none;
    index_ = std::to_string(++blocks_);
}

void StreamEncoder::write_delta(std::string_view text, std::string& out) {
    out += delta_head_;
    json::append_escaped(out, text);
    out += kDeltaTail;
}

/// The signature is the last delta of a thinking block.
void StreamEncoder::sign(std::string_view signature, std::string& out) {
    out += "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":";
    out.append(index_).append(R"(,"delta":{"type":"signature_delta","signature":")");
    json::append_escaped(out, signature);
    out += kDeltaTail;
}

void StreamEncoder::text(std::string_view text, std::string& out) {
    if (text.empty()) return;
    if (block_ != Block::text) open(Block::text, kTextBlock, R"(text_delta","text)", out);
    write_delta(text, out);
}

void StreamEncoder::open_thinking(std::string& out) {
    if (block_ != Block::thinking) open(Block::thinking, kThinkingBlock, R"(thinking_delta","thinking)", out);
}

void StreamEncoder::thinking(std::string_view text, std::string& out) {
    if (!thinking_enabled_) return;
    open_thinking(out);
    if (!omit_thinking_ && !text.empty()) write_delta(text, out);
}

void StreamEncoder::signature(std::string_view signature, std::string& out) {
    if (!thinking_enabled_) return;
    open_thinking(out);
    if (signature.empty()) return;  // the placeholder comes when the block closes
    sign(signature, out);
    block_ = Block::complete;
    close(out);
}

void StreamEncoder::redacted(std::string_view data, std::string& out) {
    if (!thinking_enabled_) return;
    close(out);
    std::string block = R"({"type":"redacted_thinking","data":)";
    json::append_string(block, data);
    block += '}';
    start_frame(block, out);
    block_ = Block::complete;
    close(out);
}

void StreamEncoder::tool_start(const chat::ToolUseStart& start, std::string& out) {
    std::string block = R"({"type":"tool_use","id":)";
    json::append_string(block, ids_.next(start.id));
    block += ",\"name\":";
    json::append_string(block, start.name);
    block += ",\"input\":{}}";
    open(Block::tool, block, R"(input_json_delta","partial_json)", out);
    write_delta({}, out);
    tool_calls_ = true;
    tool_input_seen_ = false;
}

void StreamEncoder::tool_input(std::string_view json, std::string& out) {
    if (block_ != Block::tool || json.empty()) return;
    write_delta(json, out);
    tool_input_seen_ = true;
}

void StreamEncoder::tool_end(std::string& out) {
    if (block_ != Block::tool) return;
    if (!tool_input_seen_) write_delta("{}", out);
    close(out);
}

void StreamEncoder::search_start(const chat::WebSearchStart& start, std::string& out) {
    std::string block;
    append_search_call(block, start.id, "{}");
    open(Block::complete, block, R"(input_json_delta","partial_json)", out);
    write_delta(search_input(start.query), out);
    close(out);
}

void StreamEncoder::search_end(const chat::WebSearch& search, std::string& out) {
    close(out);
    std::string block;
    append_search_result(block, search);
    start_frame(block, out);
    block_ = Block::complete;
    close(out);
}

}  // namespace kg::anthropic
