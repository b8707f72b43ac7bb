#include "core/openai_family/custom_tool.hpp"

#include <utility>

#include "core/json/read.hpp"
#include "core/json/writer.hpp"

namespace kg::openai_family {
namespace {

constexpr std::string_view kTextSchema =
    R"({"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false})";

}  // namespace

Result<chat::ToolSpec> read_custom_tool(json::Node custom) {
    KG_TRY(name, json::require_string(custom, "name"));
    if (name.empty()) return Err(json::value_error(custom["name"], "must not be empty"));
    KG_TRY(described, json::optional_string(custom, "description"));
    KG_TRY(format, json::optional_object(custom, "format"));
    std::string description(described.value_or(""));
    if (!description.empty()) description += "\n\n";
    description += "`input` is the whole input as plain text, neither JSON nor quoted.";
    if (format["type"].text() == "grammar") {
        KG_TRY(nested, json::optional_object(format, "grammar"));
        const json::Node grammar = nested ? nested : format;
        KG_TRY(definition, json::require_string(grammar, "definition"));
        KG_TRY(syntax, json::optional_string(grammar, "syntax"));
        description.append(" It must follow this grammar (").append(syntax.value_or("lark")).append("):\n");
        description += definition;
    }
    chat::ToolSpec spec;
    spec.name = custom["name"].shared_text();
    spec.description = SharedText(std::move(description));
    spec.schema = RawJson::trusted(SharedText::borrowed(kTextSchema));
    spec.raw_text = true;
    return spec;
}

RawJson custom_input(const SharedText& text) {
    std::string input = "{\"input\":\"";
    json::append_shared(input, text);
    return RawJson::trusted(SharedText(std::move(input += "\"}")));
}

std::string custom_text(std::string_view input) {
    const auto document = json::Document::parse(std::string(input));
    if (!document) return std::string(input);
    const json::Node root = document->root();
    if (root["input"].is_string()) return std::string(root["input"].text());
    if (root.is_object() && root.size() == 1 && root.at(0).is_string()) return std::string(root.at(0).text());
    return root.size() == 0 ? std::string() : std::string(input);
}

}  // namespace kg::openai_family
