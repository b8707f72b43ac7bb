#include "core/chat/prefill_echo.hpp"

#include "core/base/ascii.hpp"
#include "core/chat/request.hpp"

namespace kg::chat {

std::string prefill_of(const Request& request) {
    if (request.messages.empty() || request.messages.back().role != Role::assistant) return {};
    std::string text;
    for (const auto& part : request.messages.back().parts) {
        if (std::holds_alternative<ToolUse>(part)) return {};
        if (const auto* piece = std::get_if<Text>(&part)) text += piece->text.view();
    }
    while (!text.empty() && ascii::is_space(text.back())) text.pop_back();
    return text;
}

std::string_view PrefillEcho::push(std::string_view text) {
    if (settled_) return text;
    held_ += text;
    std::string_view said = held_;
    while (!said.empty() && ascii::is_space(said.front()) && said.front() != prefill_.front())
        said.remove_prefix(1);
    if (said.size() < prefill_.size() && std::string_view(prefill_).starts_with(said)) return {};
    settled_ = true;
    if (said.starts_with(prefill_)) return said.substr(prefill_.size());
    return held_;
}

std::string_view PrefillEcho::finish() {
    if (settled_) return {};
    settled_ = true;
    return held_;
}

}  // namespace kg::chat
