#include "core/responses/response_object.hpp"

#include <algorithm>

#include "core/chat/error_headers.hpp"
#include "core/json/document.hpp"
#include "core/json/writer.hpp"

namespace kg::responses {
namespace {

/// A value as the client wrote it, on one line: inside a JSON text line breaks are only white space.
void append_asked(std::string& out, std::string_view name, json::Node value, std::string_view otherwise) {
    out.append(",\"").append(name).append("\":");
    const auto from = out.size();
    out += value.is_null_or_missing() ? otherwise : value.raw();
    std::replace_if(
        out.begin() + static_cast<std::ptrdiff_t>(from), out.end(),
        [](char c) { return c == '\n' || c == '\r'; }, ' ');
}

/// The words that clients of this API act on (client-apis 7.5).
std::string_view failure_code(const Error& error) {
    if (!error.code.empty()) return error.code;
    const ErrorRow& row = error_row(error.kind);
    if (row.openai_code == "server_overloaded") return "server_is_overloaded";
    if (!row.openai_code.empty()) return row.openai_code;
    return row.openai_type == "invalid_request_error" ? "invalid_prompt" : "server_error";
}

void append_failure(std::string& out, const Error& error) {
    const auto code = failure_code(error);
    auto message = chat::error_sentence(error);
    if (error.retry_after && code == "rate_limit_exceeded") {
        const auto ms = std::max<std::int64_t>(error.retry_after->count(), 0);
        if (message.ends_with('.')) message.pop_back();
        message += "; try again in " + std::to_string(ms / 1000 + (ms % 1000 != 0)) + "s";
    }
    json::Writer(out).begin_object().member("code", code).member("message", message).end_object();
}

void append_usage(std::string& out, const chat::FinalUsage& usage) {
    json::Writer writer(out);
    writer.begin_object().member("input_tokens", usage.total_input());
    writer.key("input_tokens_details").begin_object();
    writer.member("cached_tokens", usage.cache_read_tokens).end_object();
    writer.member("output_tokens", usage.output_tokens);
    writer.key("output_tokens_details").begin_object();
    writer.member("reasoning_tokens", usage.thinking_tokens).end_object();
    writer.member("total_tokens", usage.total_input() + usage.output_tokens).end_object();
}

}  // namespace

Outcome ended(chat::StopReason reason, const chat::FinalUsage& usage, std::string_view items) {
    using enum chat::StopReason;
    Outcome out{.status = "completed", .incomplete_reason = {}, .items = items, .usage = &usage};
    if (reason == max_tokens || reason == context_window) out.incomplete_reason = "max_output_tokens";
    if (reason == refusal) out.incomplete_reason = "content_filter";
    if (!out.incomplete_reason.empty()) out.status = "incomplete";
    return out;
}

ResponseObject::ResponseObject(const chat::Request& request, const chat::AnswerContext& context,
                               Storage storage) {
    const json::Node asked = request.source.root();
    const bool kept = storage == Storage::kept;
    json::Writer head(head_);
    head.begin_object().member("id", "resp_" + context.unique).member("object", "response");
    head.member("created_at", context.created).key("status");

    append_asked(asked_, "instructions", asked["instructions"], "null");
    append_asked(asked_, "max_output_tokens", asked["max_output_tokens"], "null");
    asked_ += ",\"model\":";
    json::append_string(asked_, request.model);
    asked_ += ",\"output\":[";

    tools_ = "]";
    append_asked(tools_, "parallel_tool_calls", asked["parallel_tool_calls"], "true");
    append_asked(tools_, "previous_response_id", kept ? asked[kContinuedFrom] : json::Node(), "null");
    std::string reasoning = "{";
    append_asked(reasoning, "effort", asked["reasoning"]["effort"], "null");
    reasoning.erase(1, 1);
    append_asked(reasoning, "summary", asked["reasoning"]["summary"], "null");
    tools_.append(",\"reasoning\":").append(reasoning).append("},\"store\":");
    tools_ += kept && wants_storage(asked) ? "true" : "false";
    append_asked(tools_, "temperature", asked["temperature"], "1.0");
    std::string text = "{";
    append_asked(text, "format", asked["text"]["format"], R"({"type":"text"})");
    text.erase(1, 1);
    if (!asked["text"]["verbosity"].is_null_or_missing())
        append_asked(text, "verbosity", asked["text"]["verbosity"], "");
    tools_.append(",\"text\":").append(text).append("}");
    append_asked(tools_, "tool_choice", asked["tool_choice"], "\"auto\"");
    append_asked(tools_, "tools", asked["tools"], "[]");
    append_asked(tools_, "top_p", asked["top_p"], "1.0");
    append_asked(tools_, "truncation", asked["truncation"], "\"disabled\"");
    tools_ += ",\"usage\":";

    append_asked(tail_, "user", asked["user"], "null");
    append_asked(tail_, "metadata", asked["metadata"], "{}");
    tail_ += '}';
}

void ResponseObject::append(std::string& out, const Outcome& outcome) const {
    out += head_;
    json::append_string(out, outcome.status);
    out += ",\"background\":false,\"error\":";
    if (outcome.error)
        append_failure(out, *outcome.error);
    else
        out += "null";
    out += ",\"incomplete_details\":";
    if (outcome.incomplete_reason.empty())
        out += "null";
    else
        json::Writer(out).begin_object().member("reason", outcome.incomplete_reason).end_object();
    out.append(asked_).append(outcome.items).append(tools_);
    if (outcome.usage)
        append_usage(out, *outcome.usage);
    else
        out += "null";
    out += tail_;
}

}  // namespace kg::responses
