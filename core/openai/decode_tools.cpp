#include "core/openai/decode_tools.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "core/chat/request_rules.hpp"
#include "core/json/read.hpp"
#include "core/openai_family/custom_tool.hpp"
#include "core/openai_family/tools.hpp"

namespace kg::openai {
namespace {

using Mode = chat::ToolChoice::Mode;
using openai_family::Names;
using openai_family::set_word_choice;

Result<void> add_spec(chat::ToolSpec spec, chat::Request& request, Names& seen) {
    if (!seen.insert(spec.name).second) {
        chat::warn(request, "tool " + spec.name.str() + " is declared twice; the first one counts");
        return {};
    }
    request.tools.push_back(std::move(spec));
    return {};
}

Result<void> add_function(json::Node function, chat::Request& request, Names& seen) {
    KG_TRY(spec, openai_family::read_function(function));
    return add_spec(std::move(spec), request, seen);
}

Result<void> add_tool(json::Node tool, chat::Request& request, Names& seen, ToolOffer& offer) {
    if (!tool.is_object()) return Err(json::type_error(tool, "an object"));
    KG_TRY(type, json::optional_string(tool, "type"));
    if (type && *type == "custom") {
        KG_TRY(custom, json::require_object(tool, "custom"));
        KG_TRY(spec, openai_family::read_custom_tool(custom));
        return add_spec(std::move(spec), request, seen);
    }
    if (type && openai_family::is_web_search(*type)) return openai_family::read_web_search(tool, request);
    if (type && *type != "function") {
        offer.any_unavailable = true;
        openai_family::warn_dropped(*type, request);
        return {};
    }
    // The flat form belongs to the Responses API, but routers leave it in.
    if (tool["function"].is_null_or_missing() && tool["name"].is_string())
        return add_function(tool, request, seen);
    KG_TRY(function, json::require_object(tool, "function"));
    return add_function(function, request, seen);
}

/// {"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[...]}}: the others are
/// withdrawn.
Result<void> set_allowed_tools(json::Node choice, chat::Request& request) {
    KG_TRY(allowed, json::require_object(choice, "allowed_tools"));
    KG_TRY(list, json::require_array(allowed, "tools"));
    Names names;
    auto& tools = request.tools;
    bool search = false;
    for (const json::Node item : list.children()) {
        const std::string_view type = item["type"].text();
        search = search || openai_family::is_web_search(type);
        const json::Node nested = item[type]["name"];
        const json::Node name = nested ? nested : item["name"];
        if (type != "function" && type != "custom") continue;
        KG_CHECK(openai_family::require_declared(name, item, tools));
        names.insert(name.text());
    }
    if (!search) request.web_search.reset();
    request.tool_choice.limited =
        std::erase_if(tools, [&](const chat::ToolSpec& tool) { return !names.contains(tool.name); }) > 0;
    const json::Node mode = allowed["mode"];
    if (mode.is_null_or_missing()) return {};
    return set_word_choice(mode, mode.text(), request);
}

Result<void> decode_choice(json::Node body, chat::Request& request) {
    const json::Node choice = body["tool_choice"];
    if (choice.is_null_or_missing()) return {};
    if (choice.is_string()) return set_word_choice(choice, choice.text(), request);
    if (!choice.is_object()) return Err(json::type_error(choice, "a string or an object"));
    KG_TRY(type, json::require_string(choice, "type"));
    if (type == "allowed_tools") return set_allowed_tools(choice, request);
    if (type != "function" && type != "custom") return set_word_choice(choice["type"], type, request);
    const json::Node holder = choice[type].is_object() ? choice[type] : choice;
    KG_TRY(name, json::require_string(holder, "name"));
    request.tool_choice.mode = Mode::named;
    request.tool_choice.name = std::string(name);
    return {};
}

Result<void> decode_legacy(json::Node body, chat::Request& request, Names& seen) {
    KG_TRY(functions, json::optional_array(body, "functions"));
    if (functions.size() == 0) return {};
    request.legacy_functions = true;
    request.tool_choice.disable_parallel = true;  // the old answer has room for one call
    for (const json::Node function : functions.children()) {
        if (!function.is_object()) return Err(json::type_error(function, "an object"));
        KG_CHECK(add_function(function, request, seen));
    }
    const json::Node choice = body["function_call"];
    if (choice.is_null_or_missing()) return {};
    if (choice.is_string()) return set_word_choice(choice, choice.text(), request);
    KG_TRY(name, json::require_string(choice, "name"));
    request.tool_choice.mode = Mode::named;
    request.tool_choice.name = std::string(name);
    return {};
}

}  // namespace

Result<ToolOffer> decode_tools(json::Node body, chat::Request& request) {
    ToolOffer offer;
    Names seen;
    KG_TRY(tools, json::optional_array(body, "tools"));
    request.tools.reserve(tools.size());
    seen.reserve(tools.size());
    for (const json::Node tool : tools.children()) KG_CHECK(add_tool(tool, request, seen, offer));
    KG_TRY(parallel, json::optional_bool(body, "parallel_tool_calls"));
    request.tool_choice.disable_parallel = !parallel.value_or(true);
    KG_CHECK(decode_choice(body, request));
    if (tools.size() == 0) KG_CHECK(decode_legacy(body, request, seen));
    return offer;
}

}  // namespace kg::openai
