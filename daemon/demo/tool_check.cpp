#include "daemon/demo/tool_check.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "core/base/ascii.hpp"

namespace kg::demo {
namespace {

using json::Node;

/// Key words that some models refuse (C15).
constexpr auto kStrictWords = std::to_array<std::string_view>(
    {"pattern", "format", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum",
     "exclusiveMaximum", "multipleOf", "minItems", "maxItems", "uniqueItems", "minProperties",
     "maxProperties", "const", "examples"});

/// What holds values, not schemas: nothing in it is a key word.
bool is_data(std::string_view key) {
    return key == "default" || key == "enum" || key == "const" || key == "examples";
}

std::string schema_violation(Node root, bool strict) {
    if (!root.is_object() || root["type"].text() != "object") return "C12";
    for (const std::string_view key : {"oneOf", "anyOf", "allOf"}) {
        if (root[key]) return "C12";
    }
    struct Open {
        Node node;
        bool names = false;  // keys are names of properties, not key words
    };
    std::vector<Open> open{{root}};
    while (!open.empty()) {
        const Open at = open.back();
        open.pop_back();
        for (const Node child : at.node.children()) {
            const std::string_view key = child.key();
            const bool keyword = at.node.is_object() && !at.names;
            if (keyword && (key == "required" || key == "properties") && child.kind() == json::Kind::null)
                return "C13";
            if (keyword && strict &&
                std::find(kStrictWords.begin(), kStrictWords.end(), key) != kStrictWords.end())
                return "C15";
            if (keyword && is_data(key)) continue;
            if (child.is_object() || child.is_array()) {
                open.push_back({child, keyword && (key == "properties" || key == "$defs" ||
                                                   key == "definitions" || key == "patternProperties")});
            }
        }
    }
    return {};
}

}  // namespace

bool is_tool_name(std::string_view name) {
    if (name.empty() || name.size() > 64 || !ascii::is_alpha(name.front())) return false;
    return std::all_of(name.begin(), name.end(), [](char c) {
        return ascii::is_alpha(c) || ascii::is_digit(c) || c == '_' || c == '-';
    });
}

std::string tools_violation(Node tools, bool strict_schemas) {
    if (!tools) return {};
    if (!tools.is_array() || tools.size() == 0) return "2.4";
    for (const Node tool : tools.children()) {
        if (tool["cachePoint"].is_object()) continue;
        const Node spec = tool["toolSpecification"];
        if (!is_tool_name(spec["name"].text())) return "C8";
        if (ascii::is_blank(spec["description"].text())) return "C10";
        if (auto why = schema_violation(spec["inputSchema"]["json"], strict_schemas); !why.empty())
            return why;
    }
    return {};
}

}  // namespace kg::demo
