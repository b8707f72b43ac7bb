#include "core/responses/decode_tools.hpp"

#include <algorithm>
#include <utility>

#include "core/chat/request_rules.hpp"
#include "core/json/read.hpp"
#include "core/openai_family/custom_tool.hpp"
#include "core/openai_family/tools.hpp"

namespace kg::responses {
namespace {

/// Names hold no line feed that matters: the key is only compared.
std::string key(std::string_view group, std::string_view name) {
    std::string out(group);
    return (out += '\n') += name;
}

}  // namespace

Result<void> ToolDecoder::add_tools(json::Node list) {
    request_.tools.reserve(request_.tools.size() + list.size());
    for (const json::Node tool : list.children()) KG_CHECK(add_tool(tool, {}));
    return {};
}

Result<void> ToolDecoder::add_tool(json::Node tool, const SharedText& group) {
    if (!tool.is_object()) return Err(json::type_error(tool, "an object"));
    KG_TRY(type, json::optional_string(tool, "type"));
    if (!type || *type == "function") {
        KG_TRY(spec, openai_family::read_function(tool));
        add(std::move(spec), group);
    } else if (*type == "custom") {
        KG_TRY(spec, openai_family::read_custom_tool(tool));
        add(std::move(spec), group);
    } else if (*type == "namespace" && group.empty()) {
        return add_namespace(tool);
    } else if (openai_family::is_web_search(*type)) {
        return openai_family::read_web_search(tool, request_);
    } else {
        any_unavailable_ = true;
        openai_family::warn_dropped(*type, request_);
    }
    return {};
}

Result<void> ToolDecoder::add_namespace(json::Node tool) {
    KG_TRY(name, json::require_string(tool, "name"));
    if (name.empty()) return Err(json::value_error(tool["name"], "must not be empty"));
    KG_TRY(description, json::optional_string(tool, "description"));
    KG_TRY(list, json::optional_array(tool, "tools"));
    const auto first = request_.tools.size();
    for (const json::Node member : list.children()) KG_CHECK(add_tool(member, tool["name"].shared_text()));
    if (description.value_or("").empty() || request_.tools.size() == first) return {};
    std::string about = "About the tools";
    for (auto i = first; i < request_.tools.size(); ++i)
        about.append(i == first ? " " : ", ").append(request_.tools[i].name.view());
    chat::append_system(request_, about.append(": ").append(*description));
    return {};
}

void ToolDecoder::add(chat::ToolSpec spec, const SharedText& group) {
    const auto [place, fresh] = names_.try_emplace(key(group, spec.name), spec.name);
    if (!fresh) {
        chat::warn(request_, "tool " + spec.name.str() + " is declared twice; the first one counts");
        return;
    }
    spec.group = group;
    spec.client_name = spec.name;
    for (std::string joint = "__"; !taken_.insert(spec.name).second; joint += '_')
        spec.name = SharedText(group.str() + joint + spec.client_name.str());
    place->second = spec.name;
    request_.tools.push_back(std::move(spec));
}

const SharedText* ToolDecoder::find(std::string_view group, std::string_view name) const {
    const auto found = names_.find(key(group, name));
    return found == names_.end() ? nullptr : &found->second;
}

SharedText ToolDecoder::name_of(std::string_view group, const SharedText& name) const {
    if (const auto* known = find(group, name)) return *known;
    if (group.empty()) return name;
    return SharedText(std::string(group).append("__").append(name.view()));
}

Result<void> ToolDecoder::read_choice(json::Node body) {
    const json::Node choice = body["tool_choice"];
    if (choice.is_null_or_missing()) return {};
    if (choice.is_string()) return openai_family::set_word_choice(choice, choice.text(), request_);
    if (!choice.is_object()) return Err(json::type_error(choice, "a string or an object"));
    KG_TRY(type, json::require_string(choice, "type"));
    if (type == "function" || type == "custom") return set_named(choice);
    if (type == "allowed_tools") return set_allowed(choice);
    if (openai_family::is_web_search(type) && request_.web_search) {
        request_.web_search->forced = true;
        return {};
    }
    chat::warn_ignored(request_, "tool_choice of a hosted tool");
    return {};
}

Result<void> ToolDecoder::set_named(json::Node choice) {
    KG_TRY(name, json::require_string(choice, "name"));
    request_.tool_choice.mode = chat::ToolChoice::Mode::named;
    request_.tool_choice.name = std::string(name);
    if (const auto* known = find(choice["namespace"].text(), name)) {
        request_.tool_choice.name = known->str();
        return {};
    }
    for (const auto& tool : request_.tools) {
        if (tool.client_name == name) request_.tool_choice.name = tool.name.str();
    }
    return {};
}

/// {"type":"allowed_tools","mode":"auto","tools":[...]}: the others are withdrawn.
Result<void> ToolDecoder::set_allowed(json::Node choice) {
    KG_TRY(list, json::require_array(choice, "tools"));
    std::unordered_set<std::string_view> kept, groups;
    bool search = false;
    for (const json::Node item : list.children()) {
        const auto name = item["name"].text();
        const auto type = item["type"].text();
        search = search || openai_family::is_web_search(type);
        if (type == "namespace") {
            groups.insert(name);
        } else if (const auto* known = find(item["namespace"].text(), name)) {
            kept.insert(known->view());
        } else if (type == "function" || type == "custom") {
            KG_CHECK(openai_family::require_declared(item["name"], item, request_.tools));
            for (const auto& tool : request_.tools)
                if (tool.client_name == name) kept.insert(tool.name.view());
        }
    }
    if (!search) request_.web_search.reset();
    request_.tool_choice.limited =
        std::erase_if(request_.tools, [&](const chat::ToolSpec& tool) {
            return !kept.contains(tool.name) && (tool.group.empty() || !groups.contains(tool.group));
        }) > 0;
    const json::Node mode = choice["mode"];
    if (mode.is_null_or_missing()) return {};
    return openai_family::set_word_choice(mode, mode.text(), request_);
}

}  // namespace kg::responses
