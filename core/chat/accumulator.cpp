#include "core/chat/accumulator.hpp"

#include <utility>

#include "core/base/ascii.hpp"
#include "core/base/overloaded.hpp"

namespace kg::chat {

void Accumulator::settle_text() {
    if (text_.empty()) return;
    SharedText text(std::exchange(text_, {}));
    if (auto* const last = std::get_if<Text>(&response_.parts.back()))
        last->text = std::move(text);
    else if (auto* const thinking = std::get_if<Thinking>(&response_.parts.back()))
        thinking->text = std::move(text);
}

void Accumulator::new_part(Part part) {
    settle_text();
    response_.parts.push_back(std::move(part));
}

/// The last part if it is a T, else a new one.
template <class T>
T& Accumulator::continued() {
    if (response_.parts.empty() || !std::holds_alternative<T>(response_.parts.back())) new_part(T{});
    return std::get<T>(response_.parts.back());
}

/// A thinking block that has its signature, or is redacted, is complete: what follows is another
/// one.
Thinking& Accumulator::open_thinking() {
    Thinking& last = continued<Thinking>();
    if (last.signature.empty() && !last.redacted) return last;
    new_part(Thinking{});
    return std::get<Thinking>(response_.parts.back());
}

void Accumulator::add(const StreamEvent& event) {
    std::visit(overloaded{
                   [&](const TextDelta& e) {
                       continued<Text>();
                       text_ += e.text;
                       size_bytes_ += e.text.size();
                   },
                   [&](const ThinkingDelta& e) {
                       open_thinking();
                       text_ += e.text;
                       size_bytes_ += e.text.size();
                   },
                   [&](const ThinkingSignature& e) {
                       open_thinking().signature = SharedText(e.signature);
                       size_bytes_ += e.signature.size();
                   },
                   [&](const RedactedThinking& e) {
                       new_part(Thinking{.text = SharedText(e.data), .signature = {}, .redacted = true});
                       size_bytes_ += e.data.size();
                   },
                   [&](const ToolUseStart& e) {
                       new_part(ToolUse{SharedText(e.id), SharedText(e.name), RawJson::trusted("{}")});
                       tool_input_.clear();
                       size_bytes_ += e.id.size() + e.name.size();
                   },
                   [&](const ToolInputDelta& e) {
                       tool_input_ += e.json;
                       size_bytes_ += e.json.size();
                   },
                   [&](const ToolUseEnd&) { close_tool(); },
                   [](const WebSearchStart&) {},
                   [&](const WebSearchEnd& e) {
                       new_part(*e.search);
                       size_bytes_ += e.search->size_bytes();
                   },
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
    settle_text();
    size_bytes_ = 0;
    Response out = std::exchange(response_, {});
    out.stop_reason = reason;
    out.stop_sequence = stop_sequence;
    out.usage = usage;
    return out;
}

}  // namespace kg::chat
