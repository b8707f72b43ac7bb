#include "core/chat/accumulator.hpp"

#include <utility>

#include "core/base/ascii.hpp"
#include "core/base/overloaded.hpp"

namespace kg::chat {
namespace {

/// The last part if it is a T, else a new one.
template <class T>
T& continued(std::vector<Part>& parts) {
    if (!parts.empty()) {
        if (auto* const last = std::get_if<T>(&parts.back())) return *last;
    }
    return std::get<T>(parts.emplace_back(T{}));
}

/// A thinking block that has its signature, or is redacted, is complete: what follows is another one.
Thinking& open_thinking(std::vector<Part>& parts) {
    Thinking& last = continued<Thinking>(parts);
    if (last.signature.empty() && !last.redacted) return last;
    return std::get<Thinking>(parts.emplace_back(Thinking{}));
}

}  // namespace

void Accumulator::add(const StreamEvent& event) {
    auto& parts = response_.parts;
    std::visit(overloaded{
                   [&](const TextDelta& e) {
                       continued<Text>(parts).text += e.text;
                       size_bytes_ += e.text.size();
                   },
                   [&](const ThinkingDelta& e) {
                       open_thinking(parts).text += e.text;
                       size_bytes_ += e.text.size();
                   },
                   [&](const ThinkingSignature& e) {
                       open_thinking(parts).signature = e.signature;
                       size_bytes_ += e.signature.size();
                   },
                   [&](const RedactedThinking& e) {
                       parts.emplace_back(Thinking{.text = std::string(e.data), .signature = {}, .redacted = true});
                       size_bytes_ += e.data.size();
                   },
                   [&](const ToolUseStart& e) {
                       parts.emplace_back(ToolUse{std::string(e.id), std::string(e.name), RawJson::trusted("{}")});
                       tool_input_.clear();
                       size_bytes_ += e.id.size() + e.name.size();
                   },
                   [&](const ToolInputDelta& e) {
                       tool_input_ += e.json;
                       size_bytes_ += e.json.size();
                   },
                   [&](const ToolUseEnd&) { close_tool(); },
                   [&](const Usage&) {},
                   [&](const MessageEnd&) {},
               },
               event);
}

void Accumulator::close_tool() {
    if (response_.parts.empty() || ascii::is_blank(tool_input_)) return;
    if (auto* const tool = std::get_if<ToolUse>(&response_.parts.back())) {
        tool->input = RawJson::trusted(std::exchange(tool_input_, {}));
    }
}

Response Accumulator::take(StopReason reason, std::string_view stop_sequence, const FinalUsage& usage) {
    // A call whose end was cut off keeps the input {}: half a document must not pass for one.
    tool_input_.clear();
    size_bytes_ = 0;
    Response out = std::exchange(response_, {});
    out.stop_reason = reason;
    out.stop_sequence = stop_sequence;
    out.usage = usage;
    return out;
}

}  // namespace kg::chat
