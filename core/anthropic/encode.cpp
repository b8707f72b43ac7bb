#include "core/anthropic/encode.hpp"

#include "core/anthropic/answer.hpp"
#include "core/base/overloaded.hpp"
#include "core/chat/tool_ids.hpp"
#include "core/json/writer.hpp"

namespace kg::anthropic {
namespace {

/// Writes the content array. Neighbouring texts are one block, as they are in the stream.
class ContentWriter {
  public:
    ContentWriter(std::string& out, const chat::Request& request, const chat::AnswerContext& context)
        : out_(out), request_(request), context_(context), ids_("toolu_", context.unique) {}

    void add(const chat::Part& part) {
        std::visit(overloaded{
                       [this](const chat::Text& p) { text(p); },
                       [this](const chat::Thinking& p) { thinking(p); },
                       [this](const chat::ToolUse& p) { tool_use(p); },
                       [this](const chat::WebSearch& p) { search(p); },
                       [](const chat::Image&) {},
                       [](const chat::ToolResult&) {},
                   },
                   part);
    }
    void finish() {
        end_text();
        if (blocks_ == 0 && !wants_no_content(request_)) out_ += R"({"type":"text","text":""})";
    }
    bool has_tool_calls() const { return tool_calls_; }

  private:
    void start_block() {
        end_text();
        if (blocks_++ != 0) out_ += ',';
    }
    void end_text() {
        if (in_text_) out_ += "\"}";
        in_text_ = false;
    }
    void text(const chat::Text& part) {
        if (part.text.empty()) return;
        if (!in_text_) {
            start_block();
            out_ += R"({"type":"text","text":")";
            in_text_ = true;
        }
        json::append_escaped(out_, part.text);
    }
    void thinking(const chat::Thinking& part) {
        if (!request_.thinking.enabled) return;
        start_block();
        json::Writer writer(out_);
        if (part.redacted) {
            writer.begin_object().member("type", "redacted_thinking").member("data", part.text).end_object();
            return;
        }
        writer.begin_object().member("type", "thinking");
        writer.member("thinking",
                      request_.thinking.omit_text ? std::string_view() : std::string_view(part.text));
        writer.member("signature", part.signature.empty()
                                       ? placeholder_signature(context_.unique, blocks_ - 1)
                                       : part.signature);
        writer.end_object();
    }
    void tool_use(const chat::ToolUse& part) {
        start_block();
        tool_calls_ = true;
        const bool empty = part.input.text().empty() || part.input.text() == "null";
        json::Writer writer(out_);
        writer.begin_object()
            .member("type", "tool_use")
            .member("id", ids_.next(part.id))
            .member("name", part.name);
        writer.key("input").raw(empty ? std::string_view("{}") : std::string_view(part.input.text()));
        writer.end_object();
    }
    void search(const chat::WebSearch& part) {
        start_block();
        append_search_call(out_, part.id, search_input(part.query));
        start_block();
        append_search_result(out_, part);
    }

    std::string& out_;
    const chat::Request& request_;
    const chat::AnswerContext& context_;
    chat::ToolIds ids_;
    std::size_t blocks_ = 0;
    bool in_text_ = false;
    bool tool_calls_ = false;
};

}  // namespace

std::string encode_response(const chat::Response& response, const chat::Request& request,
                            const chat::AnswerContext& context) {
    std::string out = R"({"id":"msg_)";
    json::append_escaped(out, context.unique);
    out += R"(","type":"message","role":"assistant","model":)";
    json::append_string(out, request.model);
    out += ",\"content\":[";
    ContentWriter content(out, request, context);
    for (const auto& part : response.parts) content.add(part);
    content.finish();
    out += "],";
    append_stop_members(out, stop_reason_name(response.stop_reason, content.has_tool_calls()),
                        response.stop_sequence);
    out += ",\"usage\":{";
    append_usage_members(out, response.usage);
    out += ",\"service_tier\":\"standard\"}}";
    return out;
}

}  // namespace kg::anthropic
