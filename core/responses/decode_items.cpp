#include "core/responses/decode_items.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "core/chat/inline_file.hpp"
#include "core/chat/request_rules.hpp"
#include "core/json/read.hpp"
#include "core/openai_family/custom_tool.hpp"
#include "core/openai_family/decode_parts.hpp"
#include "core/responses/past_item.hpp"

namespace kg::responses {
namespace {

using openai_family::TextOrImage;

class ItemDecoder {
  public:
    ItemDecoder(const ToolDecoder& tools, const ReasoningSeal& seal, chat::Request& request)
        : tools_(tools), seal_(seal), request_(request) {}

    Result<void> add(json::Node item) {
        ++seen_;
        if (!item.is_object()) return Err(json::type_error(item, "an object"));
        KG_TRY(type, json::optional_string(item, "type"));
        if (!type) return add_message(item);
        const auto* row = std::ranges::find(kRows, *type, &Row::type);
        if (row != kRows.end()) return (this->*row->add)(item);
        if (auto past = read_past_item(*type, item)) return add_past(std::move(*past));
        chat::warn(request_, "input item of type " + std::string(type->substr(0, 40)) + " was dropped");
        return {};
    }

  private:
    struct Row {
        std::string_view type;
        Result<void> (ItemDecoder::*add)(json::Node item);
    };
    static const std::array<Row, 12> kRows;

    chat::Message& new_message(chat::Role role) {
        auto& message = request_.messages.emplace_back();
        message.role = role;
        message.place = seen_ - 1;
        in_results_ = false;
        return message;
    }
    std::vector<chat::Part>& assistant_parts() {
        if (request_.messages.empty() || request_.messages.back().role != chat::Role::assistant)
            new_message(chat::Role::assistant);
        return request_.messages.back().parts;
    }
    std::vector<chat::Part>& result_parts() {
        if (!in_results_) new_message(chat::Role::user);
        user_seen_ = in_results_ = true;
        return request_.messages.back().parts;
    }

    Result<void> add_message(json::Node item) {
        KG_TRY(role, json::require_string(item, "role"));
        const json::Node content = item["content"];
        if (role == "assistant") {
            KG_TRY(text, openai_family::decode_text_content(content, "\n"));
            if (!text.empty()) assistant_parts().emplace_back(chat::Text{std::move(text)});
            return {};
        }
        if (content.is_null_or_missing()) return Err(json::missing_error(item, "content"));
        if (role == "user") return add_user(content);
        if (role == "system" || role == "developer") return add_system(content);
        return Err(json::value_error(item["role"], "expected user, assistant, system or developer"));
    }

    Result<void> add_user(json::Node content) {
        user_seen_ = true;
        std::vector<TextOrImage> pieces;
        KG_CHECK(openai_family::decode_content(content, request_, pieces));
        auto& parts = new_message(chat::Role::user).parts;
        parts.reserve(pieces.size());
        for (auto& piece : pieces)
            std::visit([&](auto& value) { parts.emplace_back(std::move(value)); }, piece);
        return {};
    }

    Result<void> add_system(json::Node content) {
        KG_TRY(text, openai_family::decode_text_content(content, "\n\n"));
        if (!user_seen_) {
            chat::append_system(request_, text);
        } else if (!text.empty()) {
            new_message(chat::Role::system).parts.emplace_back(chat::Text{std::move(text)});
        }
        return {};
    }

    Result<SharedText> called_name(json::Node item) const {
        KG_CHECK(json::require_string(item, "name"));
        return tools_.name_of(item["namespace"].text(), item["name"].shared_text());
    }

    Result<void> add_function_call(json::Node item) {
        KG_CHECK(json::require_string(item, "call_id"));
        KG_TRY(name, called_name(item));
        auto input = chat::tool_input_from_value(item["arguments"]);
        if (input.wrapped) {
            chat::warn(request_,
                       "tool call arguments in the history are not a JSON object and were kept as text");
        }
        assistant_parts().emplace_back(
            chat::ToolUse{item["call_id"].shared_text(), std::move(name), std::move(input.json)});
        return {};
    }

    Result<void> add_custom_call(json::Node item) {
        KG_CHECK(json::require_string(item, "call_id"));
        KG_TRY(name, called_name(item));
        KG_CHECK(json::require_string(item, "input"));
        assistant_parts().emplace_back(
            chat::ToolUse{item["call_id"].shared_text(), std::move(name),
                          openai_family::custom_input(item["input"].shared_text())});
        return {};
    }

    Result<void> add_result(json::Node item) {
        KG_CHECK(json::require_string(item, "call_id"));
        chat::ToolResult result{item["call_id"].shared_text(), {}, false};
        const json::Node output = item["output"];
        if (!output.is_null_or_missing())
            KG_CHECK(openai_family::decode_content(output, request_, result.content));
        result_parts().emplace_back(std::move(result));
        return {};
    }

    /// The summary is for people; only what this gateway sealed can go back to the model.
    Result<void> add_reasoning(json::Node item) {
        const auto sealed = item["encrypted_content"].text();
        if (sealed.empty()) return {};
        if (auto thinking = open_thinking(seal_, sealed))
            assistant_parts().emplace_back(std::move(*thinking));
        return {};
    }

    Result<void> add_past(PastItem past) {
        if (past.text.empty()) return {};
        auto& parts = past.result ? result_parts() : assistant_parts();
        parts.emplace_back(chat::Text{std::move(past.text)});
        return {};
    }

    Result<void> add_screenshot(json::Node item) {
        const json::Node url = item["output"]["image_url"];
        if (!url.text().starts_with("data:"))
            return add_past({.result = true, .text = "[computer_call_output]\na screenshot"});
        KG_TRY(image, chat::make_image_from_data(url.text(), url));
        result_parts().emplace_back(std::move(image));
        return {};
    }

    Result<void> add_found_tools(json::Node item) {
        std::string names;
        for (const json::Node tool : item["tools"].children())
            names.append(names.empty() ? "" : ", ").append(tool["name"].text());
        return add_past({.result = true, .text = names.empty() ? "" : "[tool_search_output]\n" + names});
    }

    /// What other passes have read, and what only its maker can read.
    Result<void> skip(json::Node) { return {}; }

    Result<void> refuse_reference(json::Node item) {
        return Err(chat::unsupported_error(item, "nothing is stored; send the item itself"));
    }

    const ToolDecoder& tools_;
    const ReasoningSeal& seal_;
    chat::Request& request_;
    bool user_seen_ = false;
    std::uint32_t seen_ = 0;   // items
    bool in_results_ = false;  // the last message holds results of tools: the next one joins it
};

const std::array<ItemDecoder::Row, 12> ItemDecoder::kRows{{
    {"message", &ItemDecoder::add_message},
    {"function_call", &ItemDecoder::add_function_call},
    {"function_call_output", &ItemDecoder::add_result},
    {"custom_tool_call", &ItemDecoder::add_custom_call},
    {"custom_tool_call_output", &ItemDecoder::add_result},
    {"reasoning", &ItemDecoder::add_reasoning},
    {"computer_call_output", &ItemDecoder::add_screenshot},
    {"tool_search_output", &ItemDecoder::add_found_tools},
    {"additional_tools", &ItemDecoder::skip},
    {"compaction", &ItemDecoder::skip},
    {"compaction_trigger", &ItemDecoder::skip},
    {"item_reference", &ItemDecoder::refuse_reference},
}};

}  // namespace

Result<void> add_tools_of_items(json::Node input, ToolDecoder& tools) {
    if (!input.is_array()) return {};
    for (const json::Node item : input.children()) {
        const auto type = item["type"].text();
        if (type != "additional_tools" && type != "tool_search_output") continue;
        KG_TRY(list, json::optional_array(item, "tools"));
        KG_CHECK(tools.add_tools(list));
    }
    return {};
}

Result<void> decode_input(json::Node body, const ToolDecoder& tools, const ReasoningSeal& seal,
                          chat::Request& request) {
    const json::Node input = body["input"];
    if (input.is_null_or_missing()) return Err(json::missing_error(body, "input"));
    if (input.is_string()) {
        auto& message = request.messages.emplace_back();
        if (!input.text().empty()) message.parts.emplace_back(chat::Text{input.shared_text()});
        return {};
    }
    if (!input.is_array()) return Err(json::type_error(input, "a string or an array"));
    if (input.size() == 0) return Err(json::value_error(input, "at least one item is required"));
    request.messages.reserve(input.size());
    ItemDecoder decoder(tools, seal, request);
    for (const json::Node item : input.children()) KG_CHECK(decoder.add(item));
    return {};
}

}  // namespace kg::responses
