// The rows of the tables in client-apis 4 to 8 and 10, each with what proves it: a golden case
// ("anthropic/text"), or a test ("unit/anthropic/decode_test.cpp: its name"). They are looked up in the
// sources, so that no row can go without proof unnoticed.
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/tidy/source_tree.hpp"

using namespace kg::tidy;

namespace {

struct Row {
    std::string_view section, what;
    std::vector<std::string_view> proofs;
};

const std::vector<Row>& rows() {
    static const std::vector<Row> all{
        {"4.1",
         "anthropic-version, anthropic-beta",
         {"e2e/anthropic.test.mjs: both API versions, any beta name"}},
        {"4.1", "query beta=true", {"e2e/http.test.mjs: base URLs with and without /v1"}},
        {"4.2", "model", {"anthropic/text", "anthropic/unknown_model"}},
        {"4.2", "messages", {"unit/anthropic/decode_test.cpp: A10: wrong shapes are refused"}},
        {"4.2",
         "max_tokens",
         {"anthropic/max_tokens", "anthropic/max_tokens_missing", "anthropic/no_output"}},
        {"4.2", "system", {"anthropic/text", "anthropic/every_block"}},
        {"4.2", "stream", {"anthropic/text", "anthropic/whole_answer"}},
        {"4.2", "tools, tool_choice", {"anthropic/tool_use", "anthropic/any_tool"}},
        {"4.2", "thinking", {"anthropic/thinking"}},
        {"4.2", "output_config", {"anthropic/title", "anthropic/thinking_omitted"}},
        {"4.2", "output_format", {"anthropic/json_schema_missed"}},
        {"4.2", "stop_sequences", {"anthropic/stop_sequence"}},
        {"4.2",
         "temperature, top_p, top_k, metadata, cache_control, service_tier and others",
         {"anthropic/every_field"}},
        {"4.2", "mcp_servers", {"anthropic/mcp_servers_refused", "anthropic/every_field"}},
        {"4.2", "thread", {"anthropic/thread_refused"}},
        {"4.2", "anything else", {"anthropic/every_field"}},
        {"4.3",
         "system turns",
         {"anthropic/every_block", "e2e/anthropic.test.mjs: captures 6: system turns"}},
        {"4.3", "text", {"anthropic/every_block"}},
        {"4.3",
         "image",
         {"anthropic/every_block", "anthropic/stored_file_refused",
          "e2e/documents.test.mjs: D5: pictures by address are refused"}},
        {"4.3",
         "document",
         {"anthropic/every_block", "e2e/documents.test.mjs: a PDF file reaches the model as text"}},
        {"4.3",
         "search_result, thinking, redacted_thinking, tool_use, tool_reference",
         {"anthropic/every_block"}},
        {"4.3", "tool_result", {"anthropic/every_block", "anthropic/tool_history"}},
        {"4.3", "server_tool_use and its relatives", {"anthropic/every_block", "anthropic/web_search"}},
        {"4.3", "compaction, fallback, container_upload, unknown types", {"anthropic/every_block"}},
        {"4.3", "calls without results, results without calls", {"anthropic/unpaired_calls"}},
        {"4.3", "prefill", {"anthropic/prefill"}},
        {"4.4", "tools, custom, typed and unavailable", {"anthropic/every_tool"}},
        {"4.4",
         "tool_choice none, any, tool",
         {"anthropic/tool_choice_none", "anthropic/any_tool", "anthropic/named_tool"}},
        {"4.4", "disable_parallel_tool_use", {"anthropic/one_call"}},
        {"4.5", "on, off", {"anthropic/thinking", "anthropic/thinking_off"}},
        {"4.5", "budgets", {"anthropic/thinking_odd_budget"}},
        {"4.5", "display, adaptive", {"anthropic/thinking_omitted"}},
        {"4.6", "structured output", {"anthropic/title", "anthropic/json_schema_missed"}},
        {"4.7", "whole answer", {"anthropic/whole_answer"}},
        {"4.8", "stream", {"anthropic/text", "anthropic/thinking", "anthropic/tool_use"}},
        {"4.8", "failure in the stream", {"anthropic/exception_in_mid_stream"}},
        {"4.9", "end_turn", {"anthropic/text"}},
        {"4.9", "tool_use", {"anthropic/tool_use"}},
        {"4.9", "max_tokens", {"anthropic/max_tokens"}},
        {"4.9", "stop_sequence", {"anthropic/stop_sequence"}},
        {"4.9", "refusal", {"anthropic/refusal"}},
        {"4.9", "model_context_window_exceeded", {"anthropic/window_exhausted"}},
        {"4.9", "a stream without its end", {"anthropic/stream_without_tail"}},
        {"4.10",
         "web search",
         {"anthropic/web_search", "anthropic/web_search_beside_a_tool",
          "e2e/web_search.test.mjs: a search that fails is an error block"}},
        {"4.11", "threads", {"anthropic/thread_refused"}},
        {"4.12", "version 2026-10-21", {"e2e/anthropic.test.mjs: both API versions, any beta name"}},
        {"4.13", "usage and caching", {"anthropic/cached_prompt"}},
        {"5",
         "count_tokens",
         {"unit/anthropic/encode_test.cpp: captures 14: tokens are counted",
          "e2e/anthropic.test.mjs: captures 14: thirty-five counts"}},
        {"6.1", "model", {"e2e/sdk_openai.test.mjs: D1: an unknown model is a NotFoundError"}},
        {"6.1", "messages", {"openai/every_message", "openai/messages_missing"}},
        {"6.1", "stream, stream_options", {"openai/text", "openai/usage_chunk", "openai/every_field"}},
        {"6.1", "max_tokens, max_completion_tokens", {"openai/length", "openai/every_field"}},
        {"6.1", "stop", {"openai/stop_sequence"}},
        {"6.1", "tools", {"openai/parallel_tools", "openai/custom_tool", "openai/odd_schemas"}},
        {"6.1",
         "tool_choice",
         {"openai/required_tool", "openai/required_tool_missing", "openai/named_tool",
          "openai/tool_choice_none", "openai/allowed_tools"}},
        {"6.1", "parallel_tool_calls", {"openai/one_call"}},
        {"6.1", "functions, function_call", {"openai/legacy_functions"}},
        {"6.1",
         "reasoning_effort, reasoning, thinking",
         {"openai/thinking", "openai/reasoning_spelled", "openai/thinking_object"}},
        {"6.1", "response_format", {"openai/json_object", "openai/json_schema"}},
        {"6.1", "n", {"openai/n_refused", "openai/every_field"}},
        {"6.1", "logprobs, seed, penalties and others", {"openai/every_field"}},
        {"6.1", "web_search_options", {"openai/web_search"}},
        {"6.1", "modalities, audio", {"openai/audio_refused"}},
        {"6.2",
         "system, developer, user, assistant, tool",
         {"openai/every_message", "openai/image", "openai/tool_history"}},
        {"6.2", "input_audio", {"openai/input_audio_refused"}},
        {"6.2", "function", {"openai/legacy_functions"}},
        {"6.3", "whole answer", {"openai/one_call", "openai/reasoning_spelled"}},
        {"6.4", "stream", {"openai/text", "openai/thinking", "openai/parallel_tools", "openai/usage_chunk"}},
        {"6.4", "failure in the stream", {"openai/exception_in_mid_stream"}},
        {"7.1", "model", {"e2e/sdk_responses.test.mjs: an unknown model a NotFoundError"}},
        {"7.1", "input", {"responses/text", "responses/every_item", "responses/input_missing"}},
        {"7.1", "instructions", {"responses/whole_answer"}},
        {"7.1", "stream", {"responses/text", "responses/whole_answer"}},
        {"7.1",
         "tools, tool_choice, parallel_tool_calls",
         {"responses/tools", "responses/required_tool", "responses/one_call"}},
        {"7.1", "reasoning, include", {"responses/reasoning", "responses/every_field"}},
        {"7.1", "max_output_tokens", {"responses/max_output_tokens"}},
        {"7.1", "text", {"responses/json_schema", "responses/json_schema_repaired", "responses/json_object"}},
        {"7.1", "store", {"responses/every_field"}},
        {"7.1",
         "previous_response_id, conversation",
         {"responses/previous_response_refused", "e2e/sdk_responses.test.mjs: kept answers are continued"}},
        {"7.1", "background", {"responses/background_refused"}},
        {"7.1", "prompt", {"responses/prompt_refused"}},
        {"7.1", "truncation, metadata and others", {"responses/every_field"}},
        {"7.2", "message", {"responses/every_item", "responses/image"}},
        {"7.2",
         "function_call, custom_tool_call and their outputs",
         {"responses/every_item", "responses/tool_history"}},
        {"7.2", "reasoning", {"responses/every_item", "responses/tool_history"}},
        {"7.2", "calls of hosted tools, additional_tools, compaction", {"responses/every_item"}},
        {"7.2", "item_reference", {"responses/item_reference_refused"}},
        {"7.3", "function, namespace, custom", {"responses/tools"}},
        {"7.3",
         "hosted tools",
         {"responses/web_search",
          "unit/responses/tools_test.cpp: 7.3, captures 27: hosted tools are dropped"}},
        {"7.3",
         "tool_choice",
         {"responses/required_tool", "responses/named_tool", "responses/tool_choice_none",
          "responses/allowed_tools"}},
        {"7.4", "response object", {"responses/whole_answer", "responses/every_field"}},
        {"7.5", "stream", {"responses/text", "responses/reasoning", "responses/tools"}},
        {"7.5", "length, failure", {"responses/max_output_tokens", "responses/exception_in_mid_stream"}},
        {"7.6",
         "neighbours",
         {"e2e/sdk_responses.test.mjs: 7.6: neighbours answer in the shape of the family"}},
        {"8",
         "lists, paging",
         {"unit/anthropic/encode_test.cpp: captures 17, 23: the model list pages honestly"}},
        {"8", "both shapes", {"e2e/acceptance.test.mjs: models in both shapes, count_tokens"}},
        {"10", "natural end", {"anthropic/text", "openai/text", "responses/text"}},
        {"10", "stop sequence", {"anthropic/stop_sequence", "openai/stop_sequence"}},
        {"10", "tool calls", {"anthropic/tool_use", "openai/parallel_tools", "responses/tools"}},
        {"10", "length", {"anthropic/max_tokens", "openai/length", "responses/max_output_tokens"}},
        {"10", "refusal", {"anthropic/refusal", "openai/content_filter", "responses/content_filter"}},
        {"10",
         "prompt, cached and output tokens",
         {"anthropic/cached_prompt", "openai/cached_prompt", "responses/cached_prompt"}},
        {"10", "thinking", {"anthropic/thinking", "openai/thinking", "responses/reasoning"}},
        {"10", "ids", {"anthropic/whole_answer", "openai/one_call", "responses/whole_answer"}},
    };
    return all;
}

bool exists(std::string_view proof) {
    const std::string tests = KIROGATE_SOURCE_DIR "/tests/";
    const auto colon = proof.find(": ");
    if (colon == proof.npos)
        return std::filesystem::exists(tests + "golden/" + std::string(proof) + "/upstream.txt");
    return read_text(tests + std::string(proof.substr(0, colon))).find(proof.substr(colon + 2)) !=
           std::string::npos;
}

}  // namespace

TEST_CASE("every row of the tables of client APIs has its proof, and it exists") {
    for (const Row& row : rows()) {
        CHECK_FALSE(row.proofs.empty());
        for (const auto proof : row.proofs) {
            INFO(row.section << ", " << row.what << ": " << proof);
            CHECK(exists(proof));
        }
    }
}
