#include "core/gateway/answer_check.hpp"

#include <algorithm>
#include <utility>

#include "core/base/ascii.hpp"
#include "core/schema/document_text.hpp"

namespace kg::gateway {
namespace {

using Mode = chat::ToolChoice::Mode;

constexpr std::size_t kRefusedMax = 8;
constexpr std::size_t kNamesMax = 16;  // tools that a complaint lists
constexpr std::size_t kNameBytesMax = 80;

std::string quoted(std::string_view name) {
    std::string out = "`";
    return (out += ascii::utf8_prefix(name, kNameBytesMax)) += '`';
}

template <class Names>
std::string listed(const Names& names) {
    std::string out;
    for (const auto& name : names) out.append(out.empty() ? "" : ", ").append(quoted(name));
    return out;
}

}  // namespace

bool AnswerCheck::wanted(const chat::Request& request) {
    const auto& choice = request.tool_choice;
    if (request.json_only) return true;
    if (choice.mode == Mode::automatic) return choice.limited;
    return choice.mode != Mode::none || !request.tools.empty();
}

Result<AnswerCheck> AnswerCheck::make(const chat::Request& request) {
    if (!request.json_only || request.json_schema.text() == "null") return AnswerCheck(request, std::nullopt);
    auto validator = schema::Validator::make(request.json_schema.text());
    if (validator) return AnswerCheck(request, std::move(*validator));
    auto& error = validator.error();
    error.message.insert(0, request.json_field + ": ");
    error.param = request.json_field;
    return Err(std::move(error));
}

void AnswerCheck::restart() {
    held_.clear();
    quote_.clear();
    refused_.clear();
    called_ = said_text_ = false;
}

bool AnswerCheck::requires_call() const {
    return request_.tool_choice.mode == Mode::any || request_.tool_choice.mode == Mode::named;
}

bool AnswerCheck::allows(std::string_view tool) const {
    const auto& choice = request_.tool_choice;
    if (choice.mode == Mode::none) return false;
    if (choice.mode == Mode::automatic && !choice.limited) return true;
    if (choice.mode == Mode::named) return tool == choice.name;
    return std::ranges::any_of(request_.tools, [&](const auto& spec) { return spec.name == tool; });
}

bool AnswerCheck::take_call(std::string_view tool) {
    if (allows(tool)) return called_ = true;
    if (refused_.size() < kRefusedMax && std::ranges::find(refused_, tool) == refused_.end())
        refused_.emplace_back(tool);
    return false;
}

bool AnswerCheck::hold(std::string_view text) {
    said_text_ = said_text_ || !ascii::is_blank(text);
    if (holds()) return held_ += text, true;
    if (!requires_call()) quote_ += ascii::utf8_prefix(text, kQuoteMax - std::min(kQuoteMax, quote_.size()));
    return false;
}

std::string AnswerCheck::release() {
    auto text = std::exchange(held_, {});
    if (!request_.json_only || text.empty()) return text;
    if (const auto document = schema::find_document(text)) return std::string(*document);
    // Beside calls a text is talk; else a limit has cut the document, and its client sees it as it is.
    return called_ ? std::string() : std::string(schema::without_opening_fence(text));
}

std::string AnswerCheck::names() const {
    std::vector<std::string_view> names;
    for (const auto& spec : request_.tools) {
        if (names.size() == kNamesMax) break;
        if (allows(spec.name)) names.push_back(spec.name);
    }
    return listed(names);
}

std::optional<AnswerCheck::Fault> AnswerCheck::judge(chat::StopReason reason) const {
    using enum chat::StopReason;
    if (reason != end_turn && reason != tool_use) return std::nullopt;
    if (called_) return std::nullopt;
    if (auto fault = judge_calls()) return fault;
    return request_.json_only ? judge_document() : std::nullopt;
}

std::optional<AnswerCheck::Fault> AnswerCheck::judge_calls() const {
    const bool wrong_call = !refused_.empty();
    // Without a call to be made, a text is an answer; a call that was withheld leaves the text in the air,
    // unless no call was to be made at all.
    if (!requires_call() && (!wrong_call || (request_.tool_choice.mode == Mode::none && said_text_)))
        return std::nullopt;
    Fault fault{
        .complaint = {}, .sentence = "tool_choice: ", .param = "tool_choice", .code = "tool_call_missing"};
    if (wrong_call) {
        fault.complaint = "Your last message called " + listed(refused_) +
                          ", which is not available here; that call did not run. ";
        fault.sentence += "the model called " + listed(refused_) + ", which is not allowed";
        fault.code = "tool_call_not_allowed";
    } else {
        fault.complaint = "Your last message called no tool. ";
        fault.sentence += "the model called no tool";
    }
    if (requires_call()) {
        const bool named = request_.tool_choice.mode == Mode::named;
        fault.complaint += named ? "You must call the tool " : "You must call one of these tools: ";
        fault.complaint += names() + ". Answer again with nothing but that call.";
        if (wrong_call) fault.sentence += ", instead of " + names();
    } else if (request_.tool_choice.mode == Mode::none) {
        fault.complaint += "No tool can be called now. Answer in text.";
    } else {
        fault.complaint +=
            "Go on with " + (request_.tools.empty() ? "text only." : names() + " or with text.");
    }
    return fault;
}

std::optional<AnswerCheck::Fault> AnswerCheck::judge_document() const {
    const bool with_schema = validator_.has_value();
    std::string why;
    bool tolerable = false;
    const auto document = schema::find_document(held_);
    if (!document) {
        why = "the answer is not a JSON document";
    } else if (!with_schema) {
        if (document->starts_with('{')) return std::nullopt;
        why = "the answer is not a JSON object";
    } else {
        const auto complaint = validator_->complaint(*document);
        if (!complaint) return std::nullopt;
        why = "the answer does not fit the schema: " + *complaint;
        tolerable = !request_.json_strict;
    }
    return Fault{.complaint = "Your last message is not what was asked for: " + why +
                              ". Answer again with exactly one JSON " +
                              (with_schema ? "document that is valid" : "object") +
                              (with_schema ? " against the schema" : "") +
                              ": no prose around it, no code fence.",
                 .sentence = request_.json_field + ": " + why,
                 .param = request_.json_field,
                 .code = "invalid_json_answer",
                 .tolerable = tolerable};
}

}  // namespace kg::gateway
