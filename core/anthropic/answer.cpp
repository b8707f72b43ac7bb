#include "core/anthropic/answer.hpp"

#include "core/base/base64.hpp"
#include "core/json/writer.hpp"

namespace kg::anthropic {

std::string_view stop_reason_name(chat::StopReason reason, bool tool_calls) {
    using enum chat::StopReason;
    if (tool_calls) return "tool_use";
    switch (reason) {
        case end_turn: return "end_turn";
        case tool_use: return "end_turn";
        case stop_sequence: return "stop_sequence";
        case max_tokens: return "max_tokens";
        // The newer "model_context_window_exceeded" is unknown to callers of version 2023-06-01.
        case context_window: return "max_tokens";
        case pause_turn: return "pause_turn";
        case refusal: return "refusal";
    }
    return "end_turn";
}

std::string placeholder_signature(std::string_view unique, std::size_t block_index) {
    std::string seed = "kirogate/1/unsigned/";
    seed.append(unique).append("/").append(std::to_string(block_index));
    return base64_encode(seed);
}

void append_usage_members(std::string& out, const chat::FinalUsage& usage) {
    const auto number = [&](std::string_view key, std::uint64_t value) {
        out += key;
        json::append_int(out, static_cast<std::int64_t>(value));
    };
    number("\"input_tokens\":", usage.input_tokens);
    number(",\"cache_creation_input_tokens\":", usage.cache_write_tokens);
    number(",\"cache_read_input_tokens\":", usage.cache_read_tokens);
    number(",\"output_tokens\":", usage.output_tokens);
    if (usage.web_searches != 0) {
        number(",\"server_tool_use\":{\"web_search_requests\":", usage.web_searches);
        out += '}';
    }
    if (usage.thinking_tokens == 0) return;
    number(",\"output_tokens_details\":{\"thinking_tokens\":", usage.thinking_tokens);
    out += '}';
}

void append_search_call(std::string& out, std::string_view id, std::string_view input_json) {
    json::Writer writer(out);
    writer.begin_object().member("type", "server_tool_use");
    writer.member("id", std::string(chat::kSearchIdPrefix).append(id)).member("name", "web_search");
    writer.key("input").raw(input_json).end_object();
}

std::string search_input(std::string_view query) {
    std::string out;
    json::Writer(out).begin_object().member("query", query).end_object();
    return out;
}

void append_search_result(std::string& out, const chat::WebSearch& search) {
    json::Writer writer(out);
    writer.begin_object().member("type", "web_search_tool_result");
    writer.member("tool_use_id", std::string(chat::kSearchIdPrefix) + search.id).key("content");
    if (search.error != chat::SearchError::none) {
        writer.begin_object().member("type", "web_search_tool_result_error");
        writer.member("error_code", chat::search_error_name(search.error)).end_object().end_object();
        return;
    }
    writer.begin_array();
    for (const auto& hit : search.hits) {
        writer.begin_object().member("type", "web_search_result");
        writer.member("url", hit.url).member("title", hit.title);
        writer.member("encrypted_content", chat::seal_excerpt(hit)).key("page_age");
        hit.date.empty() ? writer.null() : writer.string(hit.date);
        writer.end_object();
    }
    writer.end_array().end_object();
}

void append_stop_members(std::string& out, std::string_view reason, std::string_view stop_sequence) {
    out.append("\"stop_reason\":\"").append(reason).append("\",\"stop_sequence\":");
    if (reason == "stop_sequence") {
        json::append_string(out, stop_sequence);
    } else {
        out += "null";
    }
}

}  // namespace kg::anthropic
