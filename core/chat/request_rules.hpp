#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/chat/request.hpp"
#include "core/json/document.hpp"

/// Rules of decoding that hold for every client API.
namespace kg::chat {

/// Adds one clause to the warnings, once, and at most 32 of them.
void warn(Request& request, std::string clause);
/// "temperature is not supported by the backend and was ignored".
void warn_ignored(Request& request, std::string_view field);
/// Warns for sampling fields that were sent with a value which changes answers.
void warn_sampling(Request& request, json::Node body);

/// The body is an object and names a model.
Result<void> read_model(json::Node body, Request& request);
Error unsupported_error(json::Node where, std::string_view sentence);
/// Clamped to what fits; an error below `least`. Nothing when missing or null.
Result<std::optional<std::uint32_t>> read_token_limit(json::Node object, std::string_view key,
                                                      std::int64_t least);
std::uint32_t clamp_thinking_budget(std::int64_t tokens);

/// A tool input as the client played it back, made an object: null and "" become {}, any other
/// value is kept as text in the member "arguments" (`wrapped` tells so).
struct ToolInput {
    RawJson json;
    bool wrapped = false;
};
/// The results are slices of the value's document, of `text`.
ToolInput tool_input_from_value(json::Node value);
ToolInput tool_input_from_text(std::string_view text);

/// A `user_location` of a web search, for the model; empty when it says nothing.
std::string place_of(json::Node location);
/// How much of a schema must be kept.
enum class SchemaRigour : std::uint8_t {
    lenient,  // an answer that does not fit, also when asked again, is told with a warning
    firm,     // it is an error; keywords that cannot be checked are warned of
    full,     // it is an error, and so is a keyword that cannot be checked
};
/// The answer must be one JSON document; `schema` may be missing. `field` is the client's field for it.
Result<void> demand_json(Request& request, json::Node field, json::Node schema, SchemaRigour rigour);

/// Appends to Request::system, parts separated by a blank line.
void append_system(Request& request, std::string_view text);
/// The answers to forced choices and empty conversations that every API shares; the last step of
/// decoding. `had_tools`: the client sent tools, even if none was left. `messages_field`: what the
/// client calls its conversation; a literal.
Result<void> settle_request(Request& request, bool had_tools, std::string_view messages_field = "messages");

}  // namespace kg::chat
