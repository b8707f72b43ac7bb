#include "core/openai/decode_messages.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/chat/request_rules.hpp"
#include "core/json/read.hpp"
#include "core/openai_family/custom_tool.hpp"
#include "core/openai_family/decode_parts.hpp"

namespace kg::openai {
namespace {

/// Walks the messages once and keeps what later ones refer back to.
class MessageDecoder {
  public:
    explicit MessageDecoder(chat::Request& request) : request_(request) {}

    Result<void> add(json::Node message) {
        ++seen_;
        if (!message.is_object()) return Err(json::type_error(message, "an object"));
        KG_TRY(role, json::require_string(message, "role"));
        const bool was_tool = std::exchange(after_tool_, false);
        if (role == "user") return add_user(message);
        if (role == "assistant") return add_assistant(message);
        if (role == "system" || role == "developer") return add_system(message);
        if (role == "tool") return add_tool(message, was_tool);
        if (role == "function") return add_function(message, was_tool);
        return Err(json::value_error(message["role"],
                                     "expected system, developer, user, assistant, tool or function"));
    }

  private:
    chat::Message& new_message(chat::Role role) {
        auto& message = request_.messages.emplace_back();
        message.role = role;
        message.place = seen_ - 1;
        return message;
    }

    Result<void> add_system(json::Node message) {
        if (message["content"].is_null_or_missing()) return Err(json::missing_error(message, "content"));
        KG_TRY(text, openai_family::decode_text_content(message["content"], "\n\n"));
        if (!user_seen_) {
            chat::append_system(request_, text);
        } else if (!text.empty()) {
            new_message(chat::Role::system).parts.emplace_back(chat::Text{std::move(text)});
        }
        return {};
    }

    Result<void> add_user(json::Node message) {
        user_seen_ = true;
        if (message["content"].is_null_or_missing()) return Err(json::missing_error(message, "content"));
        std::vector<openai_family::TextOrImage> pieces;
        KG_CHECK(openai_family::decode_content(message["content"], request_, pieces));
        auto& parts = new_message(chat::Role::user).parts;
        parts.reserve(pieces.size());
        for (auto& piece : pieces) {
            std::visit([&](auto& value) { parts.emplace_back(std::move(value)); }, piece);
        }
        return {};
    }

    Result<void> add_assistant(json::Node message) {
        auto& parts = new_message(chat::Role::assistant).parts;
        add_thinking(message, parts);
        KG_TRY(text, openai_family::decode_text_content(message["content"], "\n"));
        if (text.empty()) text = message["refusal"].shared_text();
        if (!text.empty()) parts.emplace_back(chat::Text{std::move(text)});
        KG_TRY(calls, json::optional_array(message, "tool_calls"));
        for (const json::Node call : calls.children()) KG_CHECK(add_call(call, parts));
        KG_TRY(legacy, json::optional_object(message, "function_call"));
        if (legacy && calls.size() == 0) {
            KG_CHECK(json::require_string(legacy, "name"));
            add_tool_use("call_legacy_" + std::to_string(calls_), legacy["name"], legacy["arguments"], parts);
        }
        return {};
    }

    static void add_thinking(json::Node message, std::vector<chat::Part>& parts) {
        for (const std::string_view key : {"reasoning_content", "reasoning"}) {
            const auto text = message[key].text();
            if (text.empty()) continue;
            parts.emplace_back(chat::Thinking{message[key].shared_text(), {}, false});
            return;
        }
        for (const json::Node part : message["content"].children()) {
            if (part["type"].text() != "thinking") continue;
            parts.emplace_back(
                chat::Thinking{part["thinking"].shared_text(), part["signature"].shared_text(), false});
        }
    }

    Result<void> add_call(json::Node call, std::vector<chat::Part>& parts) {
        if (!call.is_object()) return Err(json::type_error(call, "an object"));
        KG_CHECK(json::require_string(call, "id"));
        if (call["type"].text() == "custom") {
            KG_TRY(custom, json::require_object(call, "custom"));
            KG_CHECK(json::require_string(custom, "name"));
            KG_CHECK(json::optional_string(custom, "input"));
            parts.emplace_back(chat::ToolUse{call["id"].shared_text(), custom["name"].shared_text(),
                                             openai_family::custom_input(custom["input"].shared_text())});
            return {};
        }
        KG_TRY(function, json::require_object(call, "function"));
        KG_CHECK(json::require_string(function, "name"));
        add_tool_use(call["id"].shared_text(), function["name"], function["arguments"], parts);
        return {};
    }

    void add_tool_use(SharedText id, json::Node name, json::Node arguments, std::vector<chat::Part>& parts) {
        auto input = chat::tool_input_from_value(arguments);
        if (input.wrapped) {
            chat::warn(request_,
                       "tool call arguments in the history are not a JSON object and were kept as text");
        }
        ++calls_;
        last_call_.insert_or_assign(name.text(), id);
        parts.emplace_back(chat::ToolUse{std::move(id), name.shared_text(), std::move(input.json)});
    }

    Result<void> add_tool(json::Node message, bool was_tool) {
        KG_CHECK(json::require_string(message, "tool_call_id"));
        return add_result(message, message["tool_call_id"].shared_text(), was_tool);
    }

    /// The old form names the function, not the call: it answers the last call of that name.
    Result<void> add_function(json::Node message, bool was_tool) {
        KG_TRY(name, json::require_string(message, "name"));
        const auto found = last_call_.find(name);
        SharedText id =
            found != last_call_.end() ? found->second : SharedText("call_legacy_" + std::string(name));
        return add_result(message, std::move(id), was_tool);
    }

    Result<void> add_result(json::Node message, SharedText id, bool was_tool) {
        chat::ToolResult result{std::move(id), {}, false};
        const json::Node content = message["content"];
        if (!content.is_null_or_missing())
            KG_CHECK(openai_family::decode_content(content, request_, result.content));
        auto& turn = was_tool ? request_.messages.back() : new_message(chat::Role::user);
        turn.parts.emplace_back(std::move(result));
        user_seen_ = after_tool_ = true;
        return {};
    }

    chat::Request& request_;
    std::unordered_map<std::string_view, SharedText> last_call_;  // id by name; names live in the document
    std::size_t calls_ = 0;
    std::uint32_t seen_ = 0;  // messages
    bool user_seen_ = false;
    bool after_tool_ = false;  // the last message was a tool's answer: the next one joins its turn
};

}  // namespace

Result<void> decode_messages(json::Node body, chat::Request& request) {
    KG_TRY(list, json::require_array(body, "messages"));
    if (list.size() == 0) return Err(json::value_error(list, "at least one message is required"));
    request.messages.reserve(list.size());
    MessageDecoder decoder(request);
    for (const json::Node message : list.children()) KG_CHECK(decoder.add(message));
    return {};
}

}  // namespace kg::openai
