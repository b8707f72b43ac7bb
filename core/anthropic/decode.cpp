#include "core/anthropic/decode.hpp"

#include "core/anthropic/decode_messages.hpp"
#include "core/anthropic/decode_searches.hpp"
#include "core/anthropic/decode_tools.hpp"
#include "core/base/ascii.hpp"
#include "core/chat/request_rules.hpp"
#include "core/chat/session.hpp"
#include "core/json/read.hpp"

namespace kg::anthropic {
namespace {

constexpr std::size_t kStopSequencesMax = 64;

Result<void> refuse_unsupported(json::Node body) {
    const json::Node thread = body["thread"];
    if (!thread.is_null_or_missing()) {
        // The SDK's tool runner falls back to whole histories on this very error and on no other.
        return Err(Error{.kind = ErrorKind::unsupported,
                         .message = "thread: message threads are not supported",
                         .param = "thread",
                         .code = "thread_unsupported_request"});
    }
    const json::Node servers = body["mcp_servers"];
    if (servers.size() != 0) return Err(chat::unsupported_error(servers, "not supported"));
    return {};
}

Result<void> decode_thinking(json::Node body, chat::Request& request) {
    KG_TRY(output, json::optional_object(body, "output_config"));
    KG_TRY(effort, json::optional_string(output, "effort"));
    if (effort) {
        request.thinking.effort = chat::parse_effort(*effort);
        if (!request.thinking.effort) chat::warn_ignored(request, "this output_config.effort");
    }
    KG_TRY(thinking, json::optional_object(body, "thinking"));
    request.thinking.stated = request.thinking.effort || thinking;
    if (!thinking) return {};
    KG_TRY(type, json::require_string(thinking, "type"));
    request.thinking.enabled = type != "disabled";
    if (!request.thinking.enabled) return {};
    // Clients send -1, fractions and more than max_tokens: whatever it is, it is only a hint.
    if (const auto budget = thinking["budget_tokens"].as_double()) {
        const double most = 1.0e9;
        const double bounded = *budget < 0 ? 0 : *budget > most ? most : *budget;
        request.thinking.budget_tokens = chat::clamp_thinking_budget(static_cast<std::int64_t>(bounded));
    }
    request.thinking.omit_text = thinking["display"].text() == "omitted";
    return {};
}

Result<void> decode_output_format(json::Node body, chat::Request& request) {
    json::Node format = body["output_config"]["format"];
    if (format.is_null_or_missing()) format = body["output_format"];
    if (format.is_null_or_missing()) return {};
    if (!format.is_object()) return Err(json::type_error(format, "an object"));
    KG_TRY(type, json::require_string(format, "type"));
    if (type == "text") return {};
    if (type != "json_schema")
        return Err(chat::unsupported_error(format["type"], "only json_schema is supported"));
    KG_TRY(schema, json::require_object(format, "schema"));
    return chat::demand_json(request, format, schema, chat::SchemaRigour::firm);
}

Result<void> decode_stop_sequences(json::Node body, chat::Request& request) {
    KG_TRY(list, json::optional_array(body, "stop_sequences"));
    if (list.size() > kStopSequencesMax) return Err(json::value_error(list, "at most 64 stop sequences"));
    request.stop_sequences.reserve(list.size());
    for (const json::Node item : list.children()) {
        if (!item.is_string()) return Err(json::type_error(item, "a string"));
        if (ascii::is_blank(item.text())) {
            return Err(json::value_error(item, "each stop sequence must contain non-whitespace"));
        }
        request.stop_sequences.emplace_back(item.text());
    }
    return {};
}

void warn_ignored_fields(json::Node body, chat::Request& request) {
    chat::warn_sampling(request, body);
    if (!body["inference_geo"].is_null_or_missing()) chat::warn_ignored(request, "inference_geo");
    if (!body["output_config"]["task_budget"].is_null_or_missing()) {
        chat::warn_ignored(request, "output_config.task_budget");
    }
}

}  // namespace

Result<chat::Request> decode_request(json::Node body, const http::Headers& headers, Purpose purpose) {
    KG_CHECK(refuse_unsupported(body));
    chat::Request request;
    KG_CHECK(chat::read_model(body, request));
    KG_TRY(max_tokens, chat::read_token_limit(body, "max_tokens", 0));
    if (!max_tokens && purpose == Purpose::answer) return Err(json::missing_error(body, "max_tokens"));
    request.max_tokens = max_tokens;
    KG_TRY(stream, json::optional_bool(body, "stream"));
    request.stream = stream.value_or(false);
    KG_CHECK(decode_thinking(body, request));
    KG_CHECK(decode_output_format(body, request));
    KG_CHECK(decode_stop_sequences(body, request));
    KG_CHECK(decode_system(body["system"], request));
    KG_CHECK(decode_messages(body, request));
    if (request.past_searches) split_searches(request);
    KG_TRY(offer, decode_tools(body, request));
    warn_ignored_fields(body, request);
    request.session = chat::session_key(headers, body);
    KG_CHECK(chat::settle_request(request, offer.any_unavailable));
    return request;
}

}  // namespace kg::anthropic
