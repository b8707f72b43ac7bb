#include "core/kiro/request_encoder.hpp"

#include <utility>

#include "core/json/writer.hpp"
#include "core/kiro/conversation.hpp"
#include "core/kiro/normalise.hpp"
#include "core/kiro/thinking_fields.hpp"
#include "core/kiro/tool_specs.hpp"
#include "core/kiro/write_body.hpp"

namespace kg::kiro {
namespace {

constexpr std::size_t kProfileArnRoom = 256;

bool takes_reasoning(const ModelCapabilities& model) {
    return model.native_thinking || model.reasoning_effort;
}

void add_json_instruction(const chat::Request& request, Conversation& conversation) {
    if (!request.json_only) return;
    std::string text =
        "Your final answer must be exactly one JSON document: no prose around it, no code fence.";
    if (request.json_schema.text() != "null")
        (text += " It must be valid against this JSON Schema:\n") += request.json_schema.text();
    conversation.system.push_back(conversation.keep(std::move(text)));
    conversation.warn("structured output emulated by instruction and check");
}

/// A client that writes the tags itself has chosen its own budget.
bool has_thinking_tags(const chat::Request& request, const Conversation& conversation) {
    constexpr std::string_view tag = "<thinking_mode>";
    if (request.system.find(tag) != std::string::npos) return true;
    for (const std::string_view text : conversation.turns.front().texts)
        if (text.find(tag) != std::string_view::npos) return true;
    return false;
}

Result<void> check_size(std::size_t bytes, const Conversation& conversation, std::size_t max_bytes) {
    if (bytes <= max_bytes) return {};
    // Too much text is cured by compacting the conversation, too many images are not.
    const bool text = bytes - conversation.image_bytes > max_bytes;
    Error error{.kind = text ? ErrorKind::context_too_long : ErrorKind::body_too_large};
    error.param = conversation.field;
    error.message = error.param + (text ? ": the conversation is larger than upstream accepts"
                                        : ": the images are larger than upstream accepts");
    error.detail = std::to_string(bytes) + " bytes of " + std::to_string(max_bytes);
    return Err(std::move(error));
}

bool has_reasoning(const Conversation& conversation) {
    for (const Turn& turn : conversation.turns)
        if (turn.reasoning) return true;
    return false;
}

}  // namespace

std::shared_ptr<const std::string> EncodedRequest::body(std::string_view profile_arn) {
    if (text.use_count() > 1) {
        auto copy = std::make_shared<std::string>();
        copy->reserve(prefix_bytes + kProfileArnRoom);
        copy->assign(*text, 0, prefix_bytes);
        text = std::move(copy);
    }
    std::string& out = *text;
    out.resize(prefix_bytes);
    if (!profile_arn.empty()) {
        out += R"(,"profileArn":)";
        json::append_string(out, profile_arn);
    }
    out += '}';
    return text;
}

Result<EncodedRequest> encode_request(const chat::Request& request, const EncodeOptions& options) {
    EncodedRequest out;
    KG_TRY(conversation,
           read_conversation(request, takes_reasoning(options.capabilities) && !options.strip_thinking));
    if (!offers_tools(request)) flatten_tool_history(conversation);
    normalise(conversation);
    KG_CHECK(check_history_length(conversation));

    ThinkingPlan thinking = plan_thinking(request.thinking, options.capabilities);
    if (options.strip_fields) thinking.fields.clear();
    out.parse_thinking_tags = !thinking.prompt_tags.empty();
    if (out.parse_thinking_tags && !has_thinking_tags(request, conversation))
        conversation.system.push_back(SharedText::borrowed(thinking.prompt_tags));
    if (!is_blank_text(request.system)) conversation.system.push_back(SharedText::borrowed(request.system));
    KG_TRY(tools, plan_tools(request, options, conversation, out.tool_names));
    add_json_instruction(request, conversation);
    fill_blank_turns(conversation, !is_blank_text(request.system));

    const std::size_t estimate = estimate_body_bytes(conversation, tools);
    out.text = std::make_shared<std::string>();
    std::string& body = *out.text;
    body.reserve(estimate + estimate / 16 + kProfileArnRoom);
    append_conversation_state(body, conversation, tools, options);
    if (!thinking.fields.empty()) (body += R"(,"additionalModelRequestFields":)") += thinking.fields;
    KG_CHECK(check_size(body.size() + kProfileArnRoom, conversation, options.body_max_bytes));

    out.prefix_bytes = body.size();
    out.has_thinking_history = has_reasoning(conversation);
    out.has_model_fields = !thinking.fields.empty();
    out.warnings = std::move(conversation.warnings);
    return out;
}

}  // namespace kg::kiro
