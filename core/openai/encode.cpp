#include "core/openai/encode.hpp"

#include <vector>

#include "core/chat/tool_ids.hpp"
#include "core/json/writer.hpp"
#include "core/openai/answer.hpp"
#include "core/openai_family/citations.hpp"
#include "core/openai_family/custom_tool.hpp"

namespace kg::openai {
namespace {

/// The message has one text and one list of calls, in whatever order the parts came.
struct Sorted {
    std::string text;
    std::string thinking;
    std::vector<const chat::ToolUse*> calls;
    std::vector<chat::SearchHit> pages;  // that searches found
};

Sorted sort_parts(const chat::Response& response) {
    Sorted sorted;
    for (const auto& part : response.parts) {
        if (const auto* text = std::get_if<chat::Text>(&part)) {
            sorted.text += text->text;
        } else if (const auto* thinking = std::get_if<chat::Thinking>(&part)) {
            if (!thinking->redacted) sorted.thinking += thinking->text;
        } else if (const auto* call = std::get_if<chat::ToolUse>(&part)) {
            sorted.calls.push_back(call);
        } else if (const auto* search = std::get_if<chat::WebSearch>(&part)) {
            sorted.pages.insert(sorted.pages.end(), search->hits.begin(), search->hits.end());
        }
    }
    return sorted;
}

/// `arguments` is JSON inside a string.
void write_function(json::Writer& writer, const chat::ToolUse& call) {
    const bool empty = call.input.text().empty() || call.input.text() == "null";
    writer.begin_object().member("name", call.name);
    writer.key("arguments").string(empty ? std::string_view("{}") : std::string_view(call.input.text()));
    writer.end_object();
}

void write_call(json::Writer& writer, std::string_view id, const chat::ToolUse& call,
                const chat::Request& request) {
    writer.begin_object().member("id", id);
    if (takes_text(request, call.name)) {
        writer.member("type", "custom").key("custom").begin_object().member("name", call.name);
        writer.member("input", openai_family::custom_text(call.input.text())).end_object();
    } else {
        writer.member("type", "function").key("function");
        write_function(writer, call);
    }
    writer.end_object();
}

void write_message(json::Writer& writer, const Sorted& sorted, const chat::Request& request,
                   const chat::AnswerContext& context) {
    writer.begin_object().member("role", "assistant").key("content");
    if (sorted.text.empty() && !sorted.calls.empty()) {
        writer.null();
    } else {
        writer.string(sorted.text);
    }
    if (!sorted.thinking.empty()) writer.member("reasoning_content", sorted.thinking);
    writer.key("refusal").null().key("annotations").begin_array();
    for (const auto& citation :
         openai_family::url_citations(sorted.text, sorted.pages, openai_family::CitationForm::nested))
        writer.raw(citation);
    writer.end_array();
    if (!sorted.calls.empty() && request.legacy_functions) {
        writer.key("function_call");
        write_function(writer, *sorted.calls.front());
    } else if (!sorted.calls.empty()) {
        chat::ToolIds ids("call_", context.unique);
        writer.key("tool_calls").begin_array();
        for (const auto* call : sorted.calls) write_call(writer, ids.next(call->id), *call, request);
        writer.end_array();
    }
    writer.end_object();
}

}  // namespace

std::string encode_response(const chat::Response& response, const chat::Request& request,
                            const chat::AnswerContext& context) {
    const Sorted sorted = sort_parts(response);
    std::string out;
    json::Writer writer(out);
    writer.begin_object().member("id", "chatcmpl-" + context.unique).member("object", "chat.completion");
    writer.member("created", context.created).member("model", request.model);
    writer.key("choices").begin_array().begin_object().member("index", 0).key("message");
    write_message(writer, sorted, request, context);
    writer.key("logprobs").null().key("finish_reason");
    writer.string(finish_reason_name(response.stop_reason, !sorted.calls.empty(), request.legacy_functions));
    writer.end_object().end_array().key("usage");
    std::string usage;
    append_usage(usage, response.usage);
    writer.raw(usage).end_object();
    return out;
}

}  // namespace kg::openai
