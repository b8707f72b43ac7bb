#include "core/chat/request_rules.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "core/base/ascii.hpp"
#include "core/json/read.hpp"
#include "core/json/writer.hpp"
#include "core/schema/survey.hpp"

namespace kg::chat {
namespace {

constexpr std::size_t kWarningsMax = 32;
constexpr std::size_t kPlaceMemberMax = 100;
constexpr std::int64_t kBudgetMin = 1024;
constexpr std::int64_t kBudgetMax = 200'000;

struct SamplingField {
    std::string_view name;
    double neutral;  // the value that changes nothing
};
constexpr auto kSamplingNumbers = std::to_array<SamplingField>({
    {"temperature", 1.0},
    {"top_p", 1.0},
    {"top_k", -1.0},
    {"seed", -1.0e300},
    {"presence_penalty", 0.0},
    {"frequency_penalty", 0.0},
    {"top_logprobs", 0.0},
});

ToolInput wrap(std::string_view text) {
    std::string json = "{\"arguments\":";
    json.reserve(text.size() + 20);
    json::append_string(json, text);
    json += '}';
    return {RawJson::trusted(std::move(json)), true};
}

bool is_blank_text(const Message& message) {
    return std::all_of(message.parts.begin(), message.parts.end(), [](const Part& part) {
        const auto* text = std::get_if<Text>(&part);
        return text != nullptr && ascii::is_blank(text->text);
    });
}

bool declares(const Request& request, std::string_view name) {
    return std::any_of(request.tools.begin(), request.tools.end(),
                       [&](const ToolSpec& tool) { return tool.name == name; });
}

Error choice_error(std::string message) {
    return Error{.kind = ErrorKind::malformed_request, .message = std::move(message), .param = "tool_choice"};
}

Result<void> settle_tool_choice(Request& request, bool had_tools) {
    ToolChoice& choice = request.tool_choice;
    if (choice.mode == ToolChoice::Mode::any && request.tools.empty() && request.web_search) {
        request.web_search->forced = true;
        choice.mode = ToolChoice::Mode::automatic;
    }
    if (choice.mode == ToolChoice::Mode::any && request.tools.empty()) {
        if (had_tools || choice.limited)
            return Err(
                choice_error("tool_choice: none of the tools is available here, so no call can be forced"));
        warn(request, "tool_choice has no effect because there are no tools");
        choice.mode = ToolChoice::Mode::automatic;
    }
    if (choice.mode == ToolChoice::Mode::named && !declares(request, choice.name)) {
        return Err(choice_error("tool_choice: tool '" + choice.name + "' is not among the available tools"));
    }
    return {};
}

}  // namespace

void warn(Request& request, std::string clause) {
    auto& list = request.warnings;
    if (list.size() >= kWarningsMax) return;
    if (std::find(list.begin(), list.end(), clause) == list.end()) list.push_back(std::move(clause));
}

void warn_ignored(Request& request, std::string_view field) {
    warn(request, std::string(field) + " is not supported by the backend and was ignored");
}

void warn_sampling(Request& request, json::Node body) {
    for (const auto& field : kSamplingNumbers) {
        const json::Node value = body[field.name];
        if (!value.is_null_or_missing() && value.as_double() != field.neutral)
            warn_ignored(request, field.name);
    }
    if (body["logit_bias"].size() != 0) warn_ignored(request, "logit_bias");
    if (body["logprobs"].as_bool().value_or(false)) warn_ignored(request, "logprobs");
    for (const std::string_view name : {"service_tier", "speed"}) {
        const std::string_view tier = body[name].text();
        constexpr auto usual =
            std::to_array<std::string_view>({"", "auto", "default", "standard", "standard_only"});
        if (std::find(usual.begin(), usual.end(), tier) == usual.end()) warn_ignored(request, name);
    }
}

Result<void> read_model(json::Node body, Request& request) {
    if (!body.is_object()) {
        return Err(
            Error{.kind = ErrorKind::malformed_request, .message = "the request body must be a JSON object"});
    }
    KG_TRY(model, json::require_string(body, "model"));
    if (model.empty()) return Err(json::value_error(body["model"], "must not be empty"));
    request.model = std::string(model);
    return {};
}

Error unsupported_error(json::Node where, std::string_view sentence) {
    Error error{.kind = ErrorKind::unsupported, .message = where.path(), .param = where.path()};
    error.message.append(": ").append(sentence);
    return error;
}

Result<std::optional<std::uint32_t>> read_token_limit(json::Node object, std::string_view key,
                                                      std::int64_t least) {
    KG_TRY(number, json::optional_int(object, key));
    if (!number) return std::optional<std::uint32_t>{};
    if (*number < least) {
        return Err(json::value_error(object[key], "must be at least " + std::to_string(least)));
    }
    constexpr std::int64_t most = std::numeric_limits<std::uint32_t>::max();
    return std::optional<std::uint32_t>(static_cast<std::uint32_t>(std::min(*number, most)));
}

std::uint32_t clamp_thinking_budget(std::int64_t tokens) {
    return static_cast<std::uint32_t>(std::clamp(tokens, kBudgetMin, kBudgetMax));
}

ToolInput tool_input_from_value(json::Node value) {
    if (value.is_null_or_missing()) return {RawJson::trusted(SharedText::borrowed("{}")), false};
    if (value.is_object()) return {value.shared_raw(), false};
    if (value.is_string()) return tool_input_from_text(value.text());
    return wrap(value.raw());
}

ToolInput tool_input_from_text(std::string_view text) {
    if (ascii::is_blank(text)) return {RawJson::trusted(SharedText::borrowed("{}")), false};
    auto parsed = json::Document::parse(std::string(text));
    if (!parsed || !parsed->root().is_object()) return wrap(text);
    const auto json = parsed->root().raw();
    return {RawJson::trusted(SharedText::borrowed(text.substr(text.find(json.front()), json.size()))), false};
}

std::string place_of(json::Node location) {
    // Chat completions keep the members one level deeper.
    if (location["approximate"].is_object()) location = location["approximate"];
    std::string out;
    for (const std::string_view key : {"city", "region", "country", "timezone"}) {
        const auto text = ascii::utf8_prefix(location[key].text(), kPlaceMemberMax);
        if (!text.empty()) out.append(out.empty() ? "" : ", ").append(text);
    }
    return out;
}

Result<void> demand_json(Request& request, json::Node field, json::Node schema, SchemaRigour rigour) {
    request.json_only = true;
    request.json_field = field.path();
    if (!schema) return {};
    KG_TRY(unchecked, schema::survey(schema));
    for (const auto& path : unchecked) {
        if (rigour == SchemaRigour::full)
            return Err(Error{.kind = ErrorKind::unsupported,
                             .message = path + ": answers cannot be checked for this keyword",
                             .param = path});
        warn(request, path + " is told to the model; answers are not checked for it");
    }
    request.json_schema = schema.shared_raw();
    request.json_strict = rigour != SchemaRigour::lenient;
    return {};
}

void append_system(Request& request, std::string_view text) {
    if (text.empty()) return;
    if (!request.system.empty()) request.system += "\n\n";
    request.system += text;
}

Result<void> settle_request(Request& request, bool had_tools, std::string_view messages_field) {
    auto& messages = request.messages;
    request.conversation_field = messages_field;
    messages.erase(
        std::remove_if(messages.begin(), messages.end(), [](const Message& m) { return m.parts.empty(); }),
        messages.end());
    // A trailing assistant turn is a prefill, unless there is nothing in it.
    if (!messages.empty() && messages.back().role == Role::assistant && is_blank_text(messages.back())) {
        messages.pop_back();
    }
    if (messages.empty()) {
        if (request.system.empty()) {
            return Err(Error{.kind = ErrorKind::malformed_request,
                             .message = std::string(messages_field) + ": no message has any content",
                             .param = std::string(messages_field)});
        }
        // A conversation of instructions only: the backend wants a user turn, and the text is all
        // there is.
        Message& turn = messages.emplace_back();
        turn.parts.emplace_back(Text{std::move(request.system)});
        request.system.clear();
    }
    return settle_tool_choice(request, had_tools);
}

}  // namespace kg::chat
