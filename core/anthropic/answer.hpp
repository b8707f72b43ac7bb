#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/chat/event.hpp"
#include "core/chat/request.hpp"

/// Words that the streamed and the whole form of an answer share, so that they cannot disagree.
namespace kg::anthropic {

/// `tool_calls`: the answer has at least one; then it ended for tool use, whatever upstream says.
std::string_view stop_reason_name(chat::StopReason reason, bool tool_calls);
/// Signature of a thinking block that upstream left unsigned: opaque, never empty, base64.
std::string placeholder_signature(std::string_view unique, std::size_t block_index);
/// Members of `usage` without braces: prompt, cache and output tokens.
void append_usage_members(std::string& out, const chat::FinalUsage& usage);
/// A `server_tool_use` block; in a stream the input comes later, as a delta.
void append_search_call(std::string& out, std::string_view id, std::string_view input_json);
std::string search_input(std::string_view query);  // {"query":"..."}
/// A `web_search_tool_result` block: the pages, or why there are none.
void append_search_result(std::string& out, const chat::WebSearch& search);
/// "stop_reason":...,"stop_sequence":... without braces.
void append_stop_members(std::string& out, std::string_view reason, std::string_view stop_sequence);
/// A request that only warms the cache is answered without any content block.
inline bool wants_no_content(const chat::Request& request) {
    return request.max_tokens == 0u;
}

}  // namespace kg::anthropic
