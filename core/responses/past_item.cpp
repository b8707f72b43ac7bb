#include "core/responses/past_item.hpp"

#include <algorithm>
#include <array>

namespace kg::responses {
namespace {

struct Row {
    std::string_view type;
    bool result;
    std::array<std::string_view, 4> members;  // what the model should know of it
};

constexpr auto kRows = std::to_array<Row>({
    {"local_shell_call", false, {"action"}},
    {"local_shell_call_output", true, {"output"}},
    {"shell_call", false, {"action"}},
    {"shell_call_output", true, {"output"}},
    {"apply_patch_call", false, {"operation"}},
    {"apply_patch_call_output", true, {"status", "output"}},
    {"web_search_call", false, {"action"}},
    {"file_search_call", false, {"queries", "results"}},
    {"computer_call", false, {"action", "actions"}},
    {"code_interpreter_call", false, {"code", "outputs"}},
    {"image_generation_call", false, {"revised_prompt"}},
    {"mcp_call", false, {"name", "arguments", "output", "error"}},
    {"mcp_list_tools", false, {}},
    {"mcp_approval_request", false, {"name", "arguments"}},
    {"mcp_approval_response", true, {"approve", "reason"}},
    {"tool_search_call", false, {"arguments"}},
});

void add_member(json::Node item, std::string_view name, std::string& text) {
    const json::Node value = item[name];
    if (value.is_null_or_missing()) return;
    text.append("\n").append(name).append(": ");
    text += value.is_string() ? value.text() : value.raw();
}

}  // namespace

std::optional<PastItem> read_past_item(std::string_view type, json::Node item) {
    const auto* row = std::ranges::find(kRows, type, &Row::type);
    if (row == kRows.end()) return std::nullopt;
    PastItem out{.result = row->result, .text = {}};
    for (const auto name : row->members) {
        if (!name.empty()) add_member(item, name, out.text);
    }
    if (out.text.empty()) return out;
    const auto id = item["call_id"].text();  // pairs a call with its result
    out.text.insert(0, "[" + std::string(type) + (id.empty() ? "" : " " + std::string(id)) + "]");
    return out;
}

}  // namespace kg::responses
