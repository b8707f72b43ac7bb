#include "core/openai/decode.hpp"

#include "core/chat/request_rules.hpp"
#include "core/chat/session.hpp"
#include "core/json/read.hpp"
#include "core/openai/decode_fields.hpp"
#include "core/openai/decode_messages.hpp"
#include "core/openai/decode_thinking.hpp"
#include "core/openai/decode_tools.hpp"
#include "core/openai_family/format.hpp"
#include "core/openai_family/tools.hpp"

namespace kg::openai {
namespace {

Result<void> refuse_unsupported(json::Node body) {
    KG_CHECK(refuse_more_than_one(body, "n"));
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

Result<void> decode_response_format(json::Node body, chat::Request& request) {
    KG_TRY(format, json::optional_object(body, "response_format"));
    return openai_family::decode_format(format, openai_family::SchemaPlace::nested, request);
}

void warn_ignored_fields(json::Node body, chat::Request& request) {
    chat::warn_sampling(request, body);
    const auto verbosity = body["verbosity"].text();
    if (!verbosity.empty() && verbosity != "medium") chat::warn_ignored(request, "verbosity");
}

}  // namespace

Result<chat::Request> decode_request(json::Node body, const http::Headers& headers) {
    chat::Request request;
    KG_CHECK(chat::read_model(body, request));
    KG_CHECK(refuse_unsupported(body));
    KG_CHECK(decode_max_tokens(body, request));
    KG_CHECK(decode_stream(body, request));
    KG_CHECK(decode_stop(body, request));
    KG_CHECK(decode_response_format(body, request));
    KG_CHECK(decode_thinking(body, request));
    KG_CHECK(decode_messages(body, request));
    KG_TRY(offer, decode_tools(body, request));
    KG_TRY(search, json::optional_object(body, "web_search_options"));
    if (search) KG_CHECK(openai_family::read_web_search(search, request));
    warn_ignored_fields(body, request);
    request.session = chat::session_key(headers, body);
    KG_CHECK(chat::settle_request(request, offer.any_unavailable));
    return request;
}

}  // namespace kg::openai
