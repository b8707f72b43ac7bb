#include "core/openai/decode_fields.hpp"

#include "core/chat/request_rules.hpp"
#include "core/json/read.hpp"

namespace kg::openai {
namespace {

constexpr std::size_t kStopSequencesMax = 64;

/// White space alone is a legal stop here ("\n" is a common one); an empty text never is.
Result<void> add_stop(json::Node item, chat::Request& request) {
    if (!item.is_string()) return Err(json::type_error(item, "a string"));
    if (item.text().empty()) return Err(json::value_error(item, "must not be empty"));
    request.stop_sequences.emplace_back(item.text());
    return {};
}

}  // namespace

Result<void> refuse_more_than_one(json::Node body, std::string_view key) {
    KG_TRY(count, json::optional_int(body, key));
    if (count && *count > 1)
        return Err(chat::unsupported_error(body[key], "only one choice per request is supported"));
    if (count && *count < 1) return Err(json::value_error(body[key], "must be at least 1"));
    return {};
}

Result<void> decode_max_tokens(json::Node body, chat::Request& request) {
    KG_TRY(older, chat::read_token_limit(body, "max_tokens", 1));
    KG_TRY(newer, chat::read_token_limit(body, "max_completion_tokens", 1));
    request.max_tokens = newer ? newer : older;
    return {};
}

Result<void> decode_stream(json::Node body, chat::Request& request) {
    KG_TRY(stream, json::optional_bool(body, "stream"));
    request.stream = stream.value_or(false);
    KG_TRY(options, json::optional_object(body, "stream_options"));
    KG_TRY(include_usage, json::optional_bool(options, "include_usage"));
    request.include_usage = request.stream && include_usage.value_or(false);
    return {};
}

Result<void> decode_stop(json::Node body, chat::Request& request) {
    const json::Node stop = body["stop"];
    if (stop.is_null_or_missing()) return {};
    if (!stop.is_array()) {
        if (!stop.is_string()) return Err(json::type_error(stop, "a string or an array"));
        return add_stop(stop, request);
    }
    if (stop.size() > kStopSequencesMax) return Err(json::value_error(stop, "at most 64 stop sequences"));
    for (const json::Node item : stop.children()) KG_CHECK(add_stop(item, request));
    return {};
}

}  // namespace kg::openai
