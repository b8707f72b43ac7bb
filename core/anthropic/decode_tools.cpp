#include "core/anthropic/decode_tools.hpp"

#include <array>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/anthropic/decode_searches.hpp"
#include "core/chat/request_rules.hpp"
#include "core/json/read.hpp"

namespace kg::anthropic {
namespace {

constexpr std::string_view kEmptySchema = R"({"type":"object","properties":{}})";

/// Client tools that the model is expected to know: they arrive without a schema.
struct TypedTool {
    std::string_view type_prefix;
    std::string_view name;
    std::string_view description;
    std::string_view schema;
};

constexpr auto kTypedTools = std::to_array<TypedTool>({
    {"bash_", "bash",
     "Runs a command in a persistent bash session. With restart true the session starts anew.",

     R"({"type":"object","properties":{"command":{"type":"string",)"
     R"("description":"The bash command to run."},"restart":{"type":"boolean",)"
     R"("description":"Restart the session instead of running a command."}}})"},
    {"text_editor_", "str_replace_based_edit_tool",
     "Views, creates and edits text files: view, create, str_replace (old_str must match exactly "
     "once) and insert.",

     R"({"type":"object","properties":{"command":{"type":"string","enum":["view","create",)"
     R"("str_replace","insert"]},"path":{"type":"string"},"file_text":{"type":"string"},)"
     R"("old_str":{"type":"string"},"new_str":{"type":"string"},"insert_line":{"type":"integer"},)"
     R"("insert_text":{"type":"string"},"view_range":{"type":"array","items":{"type":"integer"}}},)"
     R"("required":["command","path"]})"},
    {"memory_", "memory",
     "Reads and writes memory files under /memories: view, create, str_replace, insert, delete and "
     "rename.",

     R"({"type":"object","properties":{"command":{"type":"string","enum":["view","create",)"
     R"("str_replace","insert","delete","rename"]},"path":{"type":"string"},)"
     R"("file_text":{"type":"string"},"old_str":{"type":"string"},"new_str":{"type":"string"},)"
     R"("insert_line":{"type":"integer"},"insert_text":{"type":"string"},)"
     R"("view_range":{"type":"array","items":{"type":"integer"}},"old_path":{"type":"string"},)"
     R"("new_path":{"type":"string"}},"required":["command"]})"},
});

const TypedTool* find_typed(std::string_view type) {
    for (const auto& row : kTypedTools) {
        if (type.starts_with(row.type_prefix)) return &row;
    }
    return nullptr;
}

struct Seen {
    std::unordered_set<std::string_view> names;
    std::unordered_set<std::string_view> web_search;
    bool unavailable = false;
};

Result<void> add_custom(json::Node tool, std::string_view name, chat::Request& request, Seen& seen) {
    KG_TRY(schema, json::optional_object(tool, "input_schema"));
    KG_CHECK(json::optional_string(tool, "description"));
    if (name == "DeferredToolPlaceholder") return {};
    if (!seen.names.insert(name).second) {
        chat::warn(request, "tool " + std::string(name) + " is declared twice; the first one counts");
        return {};
    }
    request.tools.push_back(
        {tool["name"].shared_text(), tool["description"].shared_text(),
         schema ? schema.shared_raw() : RawJson::trusted(SharedText::borrowed(kEmptySchema))});
    return {};
}

Result<void> add_tool(json::Node tool, chat::Request& request, Seen& seen) {
    if (!tool.is_object()) return Err(json::type_error(tool, "an object"));
    KG_TRY(type, json::optional_string(tool, "type"));
    const bool custom = !type || *type == "custom" || tool["input_schema"].is_object();
    if (custom) {
        KG_TRY(name, json::require_string(tool, "name"));
        if (name.empty()) return Err(json::value_error(tool["name"], "must not be empty"));
        return add_custom(tool, name, request, seen);
    }
    const std::string_view name = tool["name"].text();
    if (const TypedTool* typed = find_typed(*type)) {
        const std::string_view known_as = name.empty() ? typed->name : name;
        if (!seen.names.insert(known_as).second) return {};
        request.tools.push_back({SharedText(known_as), SharedText::borrowed(typed->description),
                                 RawJson::trusted(SharedText::borrowed(typed->schema))});
        return {};
    }
    if (type->starts_with("web_search_")) {
        seen.web_search.insert(name.empty() ? "web_search" : name);
        if (request.web_search) return {};
        KG_TRY(search, decode_search_tool(tool));
        request.web_search = std::move(search);
        return {};
    }
    seen.unavailable = true;
    chat::warn(request, "tool type " + std::string(*type) + " is not available and was dropped");
    return {};
}

/// A choice that forces the web search stands with the search: it is not among the tools.
Result<void> decode_choice(json::Node body, chat::Request& request, const Seen& seen) {
    KG_TRY(choice, json::optional_object(body, "tool_choice"));
    if (!choice) return {};
    KG_TRY(type, json::require_string(choice, "type"));
    KG_TRY(serial, json::optional_bool(choice, "disable_parallel_tool_use"));
    request.tool_choice.disable_parallel = serial.value_or(false);
    using Mode = chat::ToolChoice::Mode;
    if (type == "auto") return {};
    if (type == "none") {
        request.tool_choice.mode = Mode::none;
    } else if (type == "any") {
        request.tool_choice.mode = Mode::any;
    } else if (type == "tool") {
        KG_TRY(name, json::require_string(choice, "name"));
        if (seen.names.count(name) == 0 && seen.web_search.count(name) != 0) {
            request.web_search->forced = true;
            return {};
        }
        request.tool_choice.mode = Mode::named;
        request.tool_choice.name = std::string(name);
    } else {
        return Err(json::value_error(choice["type"], "expected auto, any, tool or none"));
    }
    return {};
}

}  // namespace

Result<ToolOffer> decode_tools(json::Node body, chat::Request& request) {
    KG_TRY(tools, json::optional_array(body, "tools"));
    Seen seen;
    request.tools.reserve(tools.size());
    seen.names.reserve(tools.size());
    for (const json::Node tool : tools.children()) KG_CHECK(add_tool(tool, request, seen));
    KG_CHECK(decode_choice(body, request, seen));
    return ToolOffer{seen.unavailable};
}

}  // namespace kg::anthropic
