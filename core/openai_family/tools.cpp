#include "core/openai_family/tools.hpp"

#include <string>
#include <utility>

#include "core/chat/request_rules.hpp"
#include "core/json/read.hpp"

namespace kg::openai_family {
namespace {

constexpr std::size_t kDomainsMax = 200;
constexpr std::string_view kEmptySchema = R"({"type":"object","properties":{}})";

}  // namespace

Result<chat::ToolSpec> read_function(json::Node function) {
    KG_TRY(name, json::require_string(function, "name"));
    if (name.empty()) return Err(json::value_error(function["name"], "must not be empty"));
    KG_CHECK(json::optional_string(function, "description"));
    KG_TRY(schema, json::optional_object(function, "parameters"));
    chat::ToolSpec spec;
    spec.name = function["name"].shared_text();
    spec.description = function["description"].shared_text();
    spec.schema = schema ? schema.shared_raw() : RawJson::trusted(SharedText::borrowed(kEmptySchema));
    return spec;
}

bool is_web_search(std::string_view type) {
    return type.starts_with("web_search");
}

Result<void> read_web_search(json::Node tool, chat::Request& request) {
    if (request.web_search) return {};
    chat::WebSearchTool search;
    KG_TRY(filters, json::optional_object(tool, "filters"));
    KG_TRY(location, json::optional_object(tool, "user_location"));
    for (const auto& [key, domains] :
         {std::pair("allowed_domains", &search.allowed), std::pair("blocked_domains", &search.blocked)}) {
        KG_TRY(list, json::optional_array(filters, key));
        if (list.size() > kDomainsMax) return Err(json::value_error(list, "at most 200 domains"));
        for (const json::Node item : list.children()) {
            if (!item.is_string()) return Err(json::type_error(item, "a string"));
            domains->emplace_back(item.text());
        }
    }
    search.place = chat::place_of(location);
    request.web_search = std::move(search);
    return {};
}

Result<void> require_declared(json::Node name, json::Node item, const std::vector<chat::ToolSpec>& tools) {
    if (!name.is_string()) return Err(json::missing_error(item, "name"));
    for (const auto& tool : tools)
        if (tool.name == name.text() || tool.client_name == name.text()) return {};
    return Err(json::value_error(name, "this tool is not among the available tools"));
}

void warn_dropped(std::string_view type, chat::Request& request) {
    chat::warn(request, "tool type " + std::string(type.substr(0, 40)) + " is not available and was dropped");
}

Result<void> set_word_choice(json::Node choice, std::string_view word, chat::Request& request) {
    using Mode = chat::ToolChoice::Mode;
    if (word == "auto") return {};
    if (word == "none") {
        request.tool_choice.mode = Mode::none;
    } else if (word == "required" || word == "any") {
        request.tool_choice.mode = Mode::any;
    } else {
        return Err(json::value_error(choice, "expected auto, none, required or a tool"));
    }
    return {};
}

}  // namespace kg::openai_family
