#include "core/responses/decode.hpp"

#include "core/chat/request_rules.hpp"
#include "core/chat/session.hpp"
#include "core/json/read.hpp"
#include "core/openai_family/effort.hpp"
#include "core/openai_family/format.hpp"
#include "core/responses/decode_items.hpp"
#include "core/responses/decode_tools.hpp"

namespace kg::responses {
namespace {

Result<void> refuse_unsupported(json::Node body) {
    for (const std::string_view key : {"previous_response_id", "conversation"}) {
        const json::Node value = body[key];
        if (value.is_null_or_missing()) continue;
        // Clients that keep the history send all of it after this code.
        auto error =
            chat::unsupported_error(value, "no response is stored here; send the whole conversation");
        error.code = "previous_response_not_found";
        return Err(std::move(error));
    }
    KG_TRY(background, json::optional_bool(body, "background"));
    if (background.value_or(false))
        return Err(chat::unsupported_error(body["background"], "background responses are not supported"));
    if (!body["prompt"].is_null_or_missing())
        return Err(chat::unsupported_error(body["prompt"], "stored prompts are not supported"));
    return {};
}

/// Only a stated effort is a wish; {"summary":"auto"} alone leaves thinking as it is by default.
Result<void> decode_reasoning(json::Node body, chat::Request& request) {
    KG_TRY(reasoning, json::optional_object(body, "reasoning"));
    KG_TRY(effort, json::optional_string(reasoning, "effort"));
    if (!effort) return {};
    request.thinking.stated = true;
    openai_family::set_effort(*effort, request);
    return {};
}

Result<void> decode_text(json::Node body, chat::Request& request) {
    KG_TRY(text, json::optional_object(body, "text"));
    KG_TRY(format, json::optional_object(text, "format"));
    KG_TRY(verbosity, json::optional_string(text, "verbosity"));
    if (verbosity && *verbosity != "medium") chat::warn_ignored(request, "text.verbosity");
    return openai_family::decode_format(format, openai_family::SchemaPlace::beside_type, request);
}

}  // namespace

Result<chat::Request> decode_request(json::Node body, const http::Headers& headers,
                                     const ReasoningSeal& seal) {
    chat::Request request;
    KG_CHECK(chat::read_model(body, request));
    KG_CHECK(refuse_unsupported(body));
    KG_TRY(max_tokens, chat::read_token_limit(body, "max_output_tokens", 1));
    request.max_tokens = max_tokens;
    KG_TRY(stream, json::optional_bool(body, "stream"));
    request.stream = stream.value_or(false);
    KG_CHECK(json::optional_array(body, "include"));
    KG_CHECK(json::optional_object(body, "metadata"));
    KG_CHECK(decode_reasoning(body, request));
    KG_CHECK(decode_text(body, request));
    KG_TRY(instructions, json::optional_string(body, "instructions"));
    chat::append_system(request, instructions.value_or(""));

    ToolDecoder tools(request);
    KG_TRY(list, json::optional_array(body, "tools"));
    KG_CHECK(tools.add_tools(list));
    KG_CHECK(add_tools_of_items(body["input"], tools));
    KG_CHECK(decode_input(body, tools, seal, request));
    KG_TRY(parallel, json::optional_bool(body, "parallel_tool_calls"));
    request.tool_choice.disable_parallel = !parallel.value_or(true);
    KG_CHECK(tools.read_choice(body));
    chat::warn_sampling(request, body);
    request.session = chat::session_key(headers, body);
    KG_CHECK(chat::settle_request(request, tools.any_unavailable(), "input"));
    return request;
}

}  // namespace kg::responses
