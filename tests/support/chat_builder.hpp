#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/chat/request.hpp"

/// Short spellings for chat::Request values in tests.
namespace kg::test {

inline chat::Part text(std::string t) {
    return chat::Text{std::move(t)};
}
inline chat::Part image(std::string base64 = "iVBORw0KGgo=", std::string format = "png") {
    return chat::Image{std::move(format), std::move(base64)};
}
inline chat::Part thinking(std::string t, std::string signature) {
    return chat::Thinking{std::move(t), std::move(signature)};
}
inline chat::Part call(std::string id, std::string name = "read_file",
                       std::string input = R"({"path":"a"})") {
    return chat::ToolUse{std::move(id), std::move(name), RawJson::trusted(std::move(input))};
}
inline chat::Part result(std::string id, std::string t = "ok", bool is_error = false) {
    chat::ToolResult out{std::move(id), {}, is_error};
    out.content.push_back(chat::Text{std::move(t)});
    return out;
}
inline chat::Message user(std::vector<chat::Part> parts) {
    return {chat::Role::user, std::move(parts)};
}
inline chat::Message assistant(std::vector<chat::Part> parts) {
    return {chat::Role::assistant, std::move(parts)};
}
inline chat::Message system_turn(std::string t) {
    return {chat::Role::system, {text(std::move(t))}};
}
inline chat::ToolSpec tool(
    std::string name, std::string description = "Does it",
    std::string schema = R"({"type":"object","properties":{"path":{"type":"string"}},"required":["path"]})") {
    return {std::move(name), std::move(description), RawJson::trusted(std::move(schema))};
}

inline chat::Request request_of(std::vector<chat::Message> messages, std::vector<chat::ToolSpec> tools = {}) {
    chat::Request out;
    out.model = "claude-sonnet-4-5";
    out.messages = std::move(messages);
    out.tools = std::move(tools);
    return out;
}

}  // namespace kg::test
