#include "core/kiro/write_body.hpp"

#include "core/base/ascii.hpp"
#include "core/json/writer.hpp"
#include "core/kiro/result_text.hpp"

namespace kg::kiro {
namespace {

constexpr std::size_t kTurnOverhead = 160;  // keys, ids, model id and origin of one turn
constexpr std::size_t kToolOverhead = 120;

/// What Kiro accepts as `input` (an object) for whatever the client called its tool with.
std::string_view object_or_empty(std::string_view json) {
    return json == "null" ? std::string_view("{}") : json;
}

class BodyWriter {
  public:
    BodyWriter(std::string& out, Conversation& conversation, const EncodeOptions& options)
        : out_(out), conversation_(conversation) {
        tail_ = R"(,"modelId":)";
        json::append_string(tail_, options.model_id);
        tail_ += R"(,"origin":)";
        json::append_string(tail_, options.origin);
    }

    void history() {
        const auto& turns = conversation_.turns;
        if (turns.size() < 2) return;
        out_ += R"("history":[)";
        for (std::size_t i = 0; i + 1 < turns.size(); ++i) {
            if (i > 0) out_ += ',';
            if (turns[i].from_assistant) {
                assistant_turn(turns[i]);
            } else {
                user_turn(turns[i], i == 0, nullptr);
            }
        }
        out_ += "],";
    }

    void current(const std::vector<WireTool>& tools) {
        const auto& turns = conversation_.turns;
        out_ += R"("currentMessage":)";
        user_turn(turns.back(), turns.size() == 1, &tools);
    }

  private:
    void content(const Turn& turn, bool with_system) {
        out_ += R"("content":")";
        if (with_system) {
            bool any = false;
            for (const SharedText& section : conversation_.system) {
                if (any) out_ += "\\n\\n";
                any = true;
                json::append_shared(out_, section);
            }
            if (any && !turn.texts.empty()) out_ += "\\n\\n";
        }
        for (std::size_t i = 0; i < turn.texts.size(); ++i) {
            if (i > 0) out_ += "\\n";
            json::append_shared(out_, turn.texts[i]);
        }
        out_ += '"';
    }

    void user_turn(const Turn& turn, bool with_system, const std::vector<WireTool>* tools) {
        out_ += R"({"userInputMessage":{)";
        content(turn, with_system);
        out_ += tail_;
        images(turn);
        const bool offers = tools && !tools->empty();
        if (!turn.answers.empty() || offers) {
            out_ += R"(,"userInputMessageContext":{)";
            answers(turn);
            if (offers) {
                if (!turn.answers.empty()) out_ += ',';
                tool_specs(*tools);
            }
            out_ += '}';
        }
        out_ += "}}";
    }

    void images(const Turn& turn) {
        if (turn.images.empty()) return;
        out_ += R"(,"images":[)";
        for (std::size_t i = 0; i < turn.images.size(); ++i) {
            const chat::Image& image = *turn.images[i];
            if (i > 0) out_ += ',';
            out_ += R"({"format":")";
            out_ += image.format == "jpg" ? "jpeg" : image.format;
            (out_ += R"(","source":{"bytes":")") += image.base64.view();
            out_ += R"("}})";
        }
        out_ += ']';
    }

    void answers(const Turn& turn) {
        if (turn.answers.empty()) return;
        out_ += R"("toolResults":[)";
        unsigned image = 0;
        for (std::size_t i = 0; i < turn.answers.size(); ++i) {
            const Answer& answer = turn.answers[i];
            const bool failed = !answer.result || answer.result->is_error;
            if (i > 0) out_ += ',';
            (out_ += R"({"toolUseId":")") += answer.wire_id;  // safe characters only
            out_ += failed ? R"(","status":"error","content":[{"text":")"
                           : R"(","status":"success","content":[{"text":")";
            if (!answer.result) {
                out_ += "Tool execution failed";
            } else if (append_result_text(out_, *answer.result, image)) {
                conversation_.warn("a tool result over 800000 characters was truncated");
            }
            out_ += R"("}]})";
        }
        out_ += ']';
    }

    void tool_specs(const std::vector<WireTool>& tools) {
        out_ += R"("tools":[)";
        bool first = true;
        for (const WireTool& tool : tools) {
            if (!first) out_ += ',';
            first = false;
            (out_ += R"({"toolSpecification":{"name":")") += tool.name;  // safe characters only
            out_ += R"(","description":")";
            json::append_shared(out_, tool.description);
            (out_ += R"(","inputSchema":{"json":)") += tool.schema;
            out_ += "}}}";
        }
        out_ += ']';
    }

    void assistant_turn(const Turn& turn) {
        out_ += R"({"assistantResponseMessage":{)";
        content(turn, false);
        reasoning(turn);
        if (!turn.calls.empty()) {
            out_ += R"(,"toolUses":[)";
            bool first = true;
            for (const Call& call : turn.calls) {
                if (!first) out_ += ',';
                first = false;
                (out_ += R"({"toolUseId":")") += call.wire_id;
                (out_ += R"(","name":")") += call.wire_name;
                out_ += R"(","input":)";
                input(call.use->input.text());
                out_ += '}';
            }
            out_ += ']';
        }
        out_ += "}}";
    }

    void reasoning(const Turn& turn) {
        if (!turn.reasoning) return;
        out_ += turn.reasoning->redacted ? R"(,"reasoningContent":{"redactedContent":")"
                                         : R"(,"reasoningContent":{"reasoningText":{"text":")";
        json::append_shared(out_, turn.reasoning->text);
        if (!turn.reasoning->redacted) {
            out_ += R"(","signature":")";
            json::append_shared(out_, turn.reasoning->signature);
        }
        out_ += turn.reasoning->redacted ? R"("})" : R"("}})";
    }

    void input(std::string_view json) {
        const std::string_view value = object_or_empty(ascii::trim(json));
        if (value.starts_with('{')) {
            out_ += value;
        } else {
            ((out_ += R"({"input":)") += value) += '}';
        }
    }

    std::string& out_;
    Conversation& conversation_;
    std::string tail_;
};

}  // namespace

std::size_t estimate_body_bytes(const Conversation& conversation, const std::vector<WireTool>& tools) {
    std::size_t bytes = 512 + conversation.image_bytes;
    for (const std::string_view section : conversation.system) bytes += section.size() + 4;
    for (const WireTool& tool : tools) bytes += tool.description.size() + tool.schema.size() + kToolOverhead;
    for (const Turn& turn : conversation.turns) {
        bytes += kTurnOverhead;
        for (const std::string_view text : turn.texts) bytes += text.size() + 2;
        if (turn.reasoning) bytes += turn.reasoning->text.size() + turn.reasoning->signature.size();
        for (const Call& call : turn.calls) bytes += call.use->input.text().size() + kTurnOverhead;
        for (const Answer& answer : turn.answers) {
            bytes += kTurnOverhead;
            if (!answer.result) continue;
            for (const auto& item : answer.result->content)
                if (const auto* text = std::get_if<chat::Text>(&item)) bytes += text->text.size() + 2;
        }
    }
    return bytes;
}

void append_conversation_state(std::string& out, Conversation& conversation,
                               const std::vector<WireTool>& tools, const EncodeOptions& options) {
    out += R"({"conversationState":{"chatTriggerType":"MANUAL")";
    if (!options.conversation_id.empty()) {
        out += R"(,"conversationId":)";
        json::append_string(out, options.conversation_id);
    }
    if (!options.continuation_id.empty()) {
        out += R"(,"agentContinuationId":)";
        json::append_string(out, options.continuation_id);
    }
    out += R"(,"agentTaskType":"vibe",)";
    BodyWriter writer(out, conversation, options);
    writer.history();
    writer.current(tools);
    out += '}';
}

}  // namespace kg::kiro
