#include "core/openai/stream_encoder.hpp"

#include <algorithm>

#include "core/base/overloaded.hpp"
#include "core/json/writer.hpp"
#include "core/openai/answer.hpp"
#include "core/openai_family/citations.hpp"
#include "core/openai_family/custom_tool.hpp"
#include "core/openai_family/error_body.hpp"

namespace kg::openai {

StreamEncoder::StreamEncoder(const chat::Request& request, const chat::AnswerContext& context)
    : include_usage_(request.include_usage),
      legacy_functions_(request.legacy_functions),
      cites_(request.web_search.has_value()),
      ids_("call_", context.unique) {
    for (const auto& tool : request.tools)
        if (tool.raw_text) text_tools_.push_back(tool.name.str());
    chunk_head_ = "data: {\"id\":\"chatcmpl-";
    json::append_escaped(chunk_head_, context.unique);
    chunk_head_ += R"(","object":"chat.completion.chunk","created":)";
    json::append_int(chunk_head_, context.created);
    chunk_head_ += ",\"model\":";
    json::append_string(chunk_head_, request.model);
    chunk_head_ += ",\"choices\":[";
    delta_head_ = chunk_head_ + R"({"index":0,"delta":)";
    delta_tail_ = R"(,"logprobs":null,"finish_reason":null}])";
    delta_tail_ += include_usage_ ? ",\"usage\":null}\n\n" : "}\n\n";
    text_head_ = delta_head_ + R"({"content":")";
    thinking_head_ = delta_head_ + R"({"reasoning_content":")";
    text_tail_ = "\"}" + delta_tail_;
    arguments_head_.reserve(delta_head_.size() + 64);
    arguments_tail_ = (legacy_functions_ ? "\"}}" : "\"}}]}") + delta_tail_;
}

void StreamEncoder::begin(std::string& out) {
    out.append(delta_head_).append(R"({"role":"assistant","content":""})").append(delta_tail_);
}

void StreamEncoder::event(const chat::StreamEvent& event, std::string& out) {
    std::visit(
        overloaded{
            [&](const chat::TextDelta& e) {
                if (cites_) text_ += e.text;
                write_delta(text_head_, e.text, text_tail_, out);
            },
            [&](const chat::ThinkingDelta& e) { write_delta(thinking_head_, e.text, text_tail_, out); },
            [](const chat::ThinkingSignature&) {},
            [](const chat::RedactedThinking&) {},
            [&](const chat::ToolUseStart& e) { tool_start(e, out); },
            [&](const chat::ToolInputDelta& e) { tool_input(e.json, out); },
            [&](const chat::ToolUseEnd&) { tool_end(out); },
            [](const chat::WebSearchStart&) {},
            [&](const chat::WebSearchEnd& e) {
                pages_.insert(pages_.end(), e.search->hits.begin(), e.search->hits.end());
            },
            [](const chat::Usage&) {},
            [](const chat::MessageEnd&) {},
        },
        event);
}

void StreamEncoder::finish(chat::StopReason reason, std::string_view, const chat::FinalUsage& usage,
                           std::string& out) {
    const auto citations = openai_family::url_citations(text_, pages_, openai_family::CitationForm::nested);
    if (!citations.empty()) {
        out.append(delta_head_).append("{\"annotations\":[").append(openai_family::joined(citations));
        out.append("]}").append(delta_tail_);
    }
    out.append(delta_head_).append(R"({},"logprobs":null,"finish_reason":")");
    out.append(finish_reason_name(reason, calls_ != 0, legacy_functions_)).append("\"}]");
    out.append(include_usage_ ? ",\"usage\":null}\n\n" : "}\n\n");
    if (include_usage_) {
        out.append(chunk_head_).append("],\"usage\":");
        append_usage(out, usage);
        out += "}\n\n";
    }
    out += "data: [DONE]\n\n";
}

void StreamEncoder::fail(const Error& error, std::string& out) {
    out += "data: ";
    openai_family::append_error_body(out, error, "messages");
    out += "\n\n";
}

void StreamEncoder::keep_alive(std::string& out) {
    out += ": keep-alive\n\n";
}

void StreamEncoder::write_delta(const std::string& head, std::string_view text, const std::string& tail,
                                std::string& out) {
    if (text.empty()) return;
    out += head;
    json::append_escaped(out, text);
    out += tail;
}

/// The old form has room for one call: later ones are not told.
void StreamEncoder::tool_start(const chat::ToolUseStart& start, std::string& out) {
    arguments_seen_ = false;
    in_call_ = !legacy_functions_ || calls_ == 0;
    if (!in_call_) return;
    out += delta_head_;
    arguments_head_ = delta_head_;
    if (legacy_functions_) {
        out += R"({"function_call":{"name":)";
        json::append_string(out, start.name);
        arguments_head_ += R"({"function_call":{"arguments":")";
    } else {
        const std::string index = std::to_string(calls_);
        out.append(R"({"tool_calls":[{"index":)").append(index).append(",\"id\":");
        json::append_string(out, ids_.next(start.id));
        // What a tool of free text is given can be told only when all of it is there.
        const bool text = std::ranges::find(text_tools_, start.name) != text_tools_.end();
        if (text) text_call_.emplace();
        out += text ? R"(,"type":"custom","custom":{"name":)" : R"(,"type":"function","function":{"name":)";
        json::append_string(out, start.name);
        arguments_head_.append(R"({"tool_calls":[{"index":)").append(index);
        arguments_head_ += text ? R"(,"custom":{"input":")" : R"(,"function":{"arguments":")";
    }
    out += text_call_ ? ",\"input\":\"" : ",\"arguments\":\"";
    out += arguments_tail_;
    ++calls_;
}

void StreamEncoder::tool_input(std::string_view json, std::string& out) {
    if (!in_call_ || json.empty()) return;
    if (text_call_) return void(*text_call_ += json);
    write_delta(arguments_head_, json, arguments_tail_, out);
    arguments_seen_ = true;
}

void StreamEncoder::tool_end(std::string& out) {
    if (text_call_)
        write_delta(arguments_head_, openai_family::custom_text(*text_call_), arguments_tail_, out);
    else if (in_call_ && !arguments_seen_)
        write_delta(arguments_head_, "{}", arguments_tail_, out);
    text_call_.reset();
    in_call_ = false;
}

}  // namespace kg::openai
