#include "core/responses/stream_encoder.hpp"

#include "core/base/overloaded.hpp"
#include "core/json/writer.hpp"
#include "core/openai_family/citations.hpp"

namespace kg::responses {
namespace {

/// The words of one kind of item.
struct Words {
    std::string_view part_added, delta, text_done, part_done;  // events; a call has no parts
    std::string_view place;                                    // which part of the item
    std::string_view text;                                     // member of text_done
    std::string_view part_type;
    std::string_view extra;  // members of a text part beside its text
};

constexpr Words kMessage{"response.content_part.added",
                         "response.output_text.delta",
                         "response.output_text.done",
                         "response.content_part.done",
                         ",\"content_index\":0",
                         "text",
                         "output_text",
                         R"(,"annotations":[],"logprobs":[])"};
constexpr Words kReasoning{"response.reasoning_summary_part.added",
                           "response.reasoning_summary_text.delta",
                           "response.reasoning_summary_text.done",
                           "response.reasoning_summary_part.done",
                           ",\"summary_index\":0",
                           "text",
                           "summary_text",
                           ""};
constexpr Words kFunction{"",
                          "response.function_call_arguments.delta",
                          "response.function_call_arguments.done",
                          "",
                          "",
                          "arguments",
                          "",
                          ""};
constexpr Words kCustom{
    "", "response.custom_tool_call_input.delta", "response.custom_tool_call_input.done", "", "", "input", "",
    ""};

constexpr Words kSearch{"", "", "", "", "", "", "", ""};

const Words& words_of(ItemKind kind) {
    switch (kind) {
        case ItemKind::reasoning: return kReasoning;
        case ItemKind::function_call: return kFunction;
        case ItemKind::custom_call: return kCustom;
        case ItemKind::web_search: return kSearch;
        default: return kMessage;
    }
}

constexpr std::string_view kLogprobs = ",\"logprobs\":[]";

}  // namespace

void StreamEncoder::begin(std::string& out) {
    const Outcome running{.status = "in_progress"};
    tell_response("response.created", running, out);
    tell_response("response.in_progress", running, out);
}

void StreamEncoder::event(const chat::StreamEvent& event, std::string& out) {
    std::visit(overloaded{
                   [&](const chat::TextDelta& e) { add_text(ItemKind::message, e.text, out); },
                   [&](const chat::ThinkingDelta& e) { add_text(ItemKind::reasoning, e.text, out); },
                   [&](const chat::ThinkingSignature& e) {
                       if (items_.kind() != ItemKind::reasoning) hidden_thinking(out);
                       if (items_.kind() == ItemKind::reasoning) items_.sign(e.signature);
                       close("completed", out);
                   },
                   [&](const chat::RedactedThinking& e) {
                       hidden_thinking(out);
                       if (items_.kind() == ItemKind::reasoning) items_.redact(e.data);
                       close("completed", out);
                   },
                   [&](const chat::ToolUseStart& e) {
                       close("completed", out);
                       items_.open_call(e.id, e.name);
                       announce(out);
                   },
                   [&](const chat::ToolInputDelta& e) { delta(items_.add(e.json), out); },
                   [&](const chat::ToolUseEnd&) {
                       if (items_.kind() == ItemKind::function_call && !delta_sent_)
                           delta(items_.add("{}"), out);
                       close("completed", out);
                   },
                   [&](const chat::WebSearchStart& e) {
                       close("completed", out);
                       items_.open_search(e.id, e.query);
                       announce(out);
                       tell_search("response.web_search_call.in_progress", out);
                       tell_search("response.web_search_call.searching", out);
                   },
                   [&](const chat::WebSearchEnd& e) {
                       const bool good = e.search->error == chat::SearchError::none;
                       items_.found(*e.search);
                       if (good) tell_search("response.web_search_call.completed", out);
                       close(good ? "completed" : "failed", out);
                   },
                   [](const chat::Usage&) {},
                   [](const chat::MessageEnd&) {},
               },
               event);
}

void StreamEncoder::finish(chat::StopReason reason, std::string_view, const chat::FinalUsage& usage,
                           std::string& out) {
    const auto status = ended(reason, usage, {}).status;
    const auto kind = items_.kind();
    // A call without its end was cut off: half a document must not pass for one.
    if (kind == ItemKind::message || kind == ItemKind::reasoning) close(status, out);
    const bool whole = status == "completed";
    tell_response(whole ? "response.completed" : "response.incomplete", ended(reason, usage, items_.items()),
                  out);
}

void StreamEncoder::fail(const Error& error, std::string& out) {
    tell_response("response.failed", {.status = "failed", .error = &error, .items = items_.items()}, out);
}

void StreamEncoder::keep_alive(std::string& out) {
    out += ": keep-alive\n\n";
}

void StreamEncoder::start(std::string_view type, std::string& out) {
    out.append("event: ").append(type).append("\ndata: {\"type\":\"").append(type);
    out += "\",\"sequence_number\":";
    json::append_int(out, static_cast<std::int64_t>(sequence_++));
}

void StreamEncoder::start_part(std::string_view type, std::string& out) {
    start(type, out);
    out += place_;
}

void StreamEncoder::tell_search(std::string_view type, std::string& out) {
    start_part(type, out);
    out += "}\n\n";
}

void StreamEncoder::tell_response(std::string_view type, const Outcome& outcome, std::string& out) {
    start(type, out);
    out += ",\"response\":";
    response_.append(out, outcome);
    out += "}\n\n";
}

void StreamEncoder::add_text(ItemKind kind, std::string_view text, std::string& out) {
    if (text.empty()) return;
    if (items_.kind() != kind) {
        close("completed", out);
        items_.open(kind);
        announce(out);
    }
    if (!part_open_) announce_part(out);
    delta(items_.add(text), out);
}

void StreamEncoder::hidden_thinking(std::string& out) {
    close("completed", out);
    if (!items_.seals_reasoning()) return;
    items_.open(ItemKind::reasoning);
    announce(out);
}

void StreamEncoder::announce(std::string& out) {
    const Words& words = words_of(items_.kind());
    const auto index = std::to_string(items_.index());
    start("response.output_item.added", out);
    out.append(",\"output_index\":").append(index).append(",\"item\":");
    items_.append_announced(out);
    out += "}\n\n";
    place_.assign(",\"item_id\":\"").append(items_.id()).append("\",\"output_index\":").append(index);
    place_ += words.place;
    delta_head_.assign("event: ").append(words.delta).append("\ndata: {\"type\":\"").append(words.delta);
    delta_head_ += "\",\"sequence_number\":";
    delta_tail_ = items_.kind() == ItemKind::message ? "\",\"logprobs\":[]}\n\n" : "\"}\n\n";
    part_open_ = delta_sent_ = false;
}

void StreamEncoder::announce_part(std::string& out) {
    const Words& words = words_of(items_.kind());
    start_part(words.part_added, out);
    out.append(",\"part\":{\"type\":\"").append(words.part_type).append("\",\"text\":\"\"");
    out.append(words.extra).append("}}\n\n");
    part_open_ = true;
}

void StreamEncoder::delta(std::string_view escaped, std::string& out) {
    if (escaped.empty()) return;
    out += delta_head_;
    json::append_int(out, static_cast<std::int64_t>(sequence_++));
    out.append(place_).append(",\"delta\":\"").append(escaped).append(delta_tail_);
    delta_sent_ = true;
}

/// What the open item has said, told once more as a whole.
void StreamEncoder::close_text(std::string& out) {
    const auto kind = items_.kind();
    const Words& words = words_of(kind);
    const bool call = kind == ItemKind::function_call || kind == ItemKind::custom_call;
    if (!call && !part_open_) return;
    const auto& text = items_.last_text();
    for (std::size_t i = 0; i < items_.citations().size(); ++i) {
        start_part("response.output_text.annotation.added", out);
        out.append(",\"annotation_index\":").append(std::to_string(i)).append(",\"annotation\":");
        out.append(items_.citations()[i]).append("}\n\n");
    }
    start_part(words.text_done, out);
    if (kind == ItemKind::function_call) out.append(",\"name\":\"").append(items_.called_name()).append("\"");
    out.append(",\"").append(words.text).append("\":\"").append(text).append("\"");
    if (kind == ItemKind::message) out += kLogprobs;
    out += "}\n\n";
    if (call) return;
    start_part(words.part_done, out);
    out.append(",\"part\":{\"type\":\"").append(words.part_type).append("\",\"text\":\"").append(text);
    if (kind == ItemKind::message && !items_.citations().empty())
        out.append("\",\"annotations\":[")
            .append(openai_family::joined(items_.citations()))
            .append("]")
            .append(kLogprobs);
    else
        out.append("\"").append(words.extra);
    out += "}}\n\n";
}

void StreamEncoder::close(std::string_view status, std::string& out) {
    const auto kind = items_.kind();
    if (kind == ItemKind::none) return;
    items_.settle_text();
    if (kind == ItemKind::custom_call) delta(items_.last_text(), out);
    close_text(out);
    items_.close(status);
    start("response.output_item.done", out);
    out.append(",\"output_index\":").append(std::to_string(items_.index())).append(",\"item\":");
    out.append(items_.last()).append("}\n\n");
    part_open_ = false;
}

}  // namespace kg::responses
