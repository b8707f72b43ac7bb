#include "core/openai/decode.hpp"

#include "core/chat/request_rules.hpp"
#include "core/chat/session.hpp"
#include "core/json/read.hpp"
#include "core/openai/decode_messages.hpp"
#include "core/openai/decode_thinking.hpp"
#include "core/openai/decode_tools.hpp"
#include "core/openai_family/format.hpp"

namespace kg::openai {
namespace {

constexpr std::size_t kStopSequencesMax = 64;

Result<void> refuse_unsupported(json::Node body) {
    KG_TRY(count, json::optional_int(body, "n"));
    if (count && *count > 1)
        return Err(chat::unsupported_error(body["n"], "only one choice per request is supported"));
    if (count && *count < 1) return Err(json::value_error(body["n"], "must be at least 1"));
    KG_TRY(modalities, json::optional_array(body, "modalities"));
    for (const json::Node item : modalities.children()) {
        if (item.text() == "audio")
            return Err(chat::unsupported_error(item, "audio output is not supported"));
    }
    if (!body["audio"].is_null_or_missing()) {
        return Err(chat::unsupported_error(body["audio"], "audio output is not supported"));
    }
    return {};
}

Result<void> decode_limits(json::Node body, chat::Request& request) {
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

/// White space alone is a legal stop here ("\n" is a common one); an empty text never is.
Result<void> add_stop(json::Node item, chat::Request& request) {
    if (!item.is_string()) return Err(json::type_error(item, "a string"));
    if (item.text().empty()) return Err(json::value_error(item, "must not be empty"));
    request.stop_sequences.emplace_back(item.text());
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

Result<void> decode_response_format(json::Node body, chat::Request& request) {
    KG_TRY(format, json::optional_object(body, "response_format"));
    return openai_family::decode_format(format, openai_family::SchemaPlace::nested, request);
}

void warn_ignored_fields(json::Node body, chat::Request& request) {
    chat::warn_sampling(request, body);
    if (!body["web_search_options"].is_null_or_missing()) chat::warn_ignored(request, "web_search_options");
    const auto verbosity = body["verbosity"].text();
    if (!verbosity.empty() && verbosity != "medium") chat::warn_ignored(request, "verbosity");
}

}  // namespace

Result<chat::Request> decode_request(json::Node body, const http::Headers& headers) {
    chat::Request request;
    KG_CHECK(chat::read_model(body, request));
    KG_CHECK(refuse_unsupported(body));
    KG_CHECK(decode_limits(body, request));
    KG_CHECK(decode_stream(body, request));
    KG_CHECK(decode_stop(body, request));
    KG_CHECK(decode_response_format(body, request));
    KG_CHECK(decode_thinking(body, request));
    KG_CHECK(decode_messages(body, request));
    KG_TRY(offer, decode_tools(body, request));
    warn_ignored_fields(body, request);
    request.session = chat::session_key(headers, body);
    KG_CHECK(chat::settle_request(request, offer.any_unavailable));
    return request;
}

}  // namespace kg::openai
