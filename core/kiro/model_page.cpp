#include <algorithm>
#include <limits>

#include "core/base/ascii.hpp"
#include "core/json/document.hpp"
#include "core/kiro/models.hpp"

namespace kg::kiro {
namespace {

using json::Node;

std::uint32_t positive(Node node, std::uint32_t otherwise) {
    const auto n = node.as_int();
    if (!n || *n <= 0) return otherwise;
    return static_cast<std::uint32_t>(std::min<std::int64_t>(*n, std::numeric_limits<std::uint32_t>::max()));
}

std::string first_text(std::initializer_list<Node> nodes) {
    for (const Node node : nodes)
        if (!node.text().empty()) return std::string(node.text());
    return {};
}

std::vector<std::string> enum_of(Node schema) {
    std::vector<std::string> out;
    for (const Node value : schema["enum"].children())
        if (value.is_string()) out.emplace_back(value.text());
    return out;
}

bool has(const std::vector<std::string>& values, std::string_view value) {
    return std::find(values.begin(), values.end(), value) != values.end();
}

ModelCapabilities read_capabilities(Node schema) {
    ModelCapabilities out;
    const Node properties = schema["properties"];
    if (const Node thinking = properties["thinking"]; thinking.is_object()) {
        const auto types = enum_of(thinking["properties"]["type"]);
        out.native_thinking = types.empty() || has(types, "adaptive");
        out.can_disable_thinking = has(types, "disabled");
    }
    if (const Node effort = properties["output_config"]["properties"]["effort"]; effort.is_object())
        out.efforts = enum_of(effort);
    if (const Node effort = properties["reasoning"]["properties"]["effort"]; effort.is_object()) {
        out.reasoning_effort = true;
        out.efforts = enum_of(effort);
    }
    if (const Node tokens = properties["max_tokens"]; tokens.is_object()) {
        out.max_tokens_min = positive(tokens["minimum"], 1);
        out.max_tokens_max = positive(tokens["maximum"], 0);
    }
    return out;
}

/// The schema arrives as an object or as JSON text in a string.
ModelCapabilities capabilities_of(Node schema) {
    if (schema.is_object()) return read_capabilities(schema);
    if (!schema.is_string()) return {};
    const auto parsed = json::Document::parse(std::string(schema.text()));
    return parsed ? read_capabilities(parsed->root()) : ModelCapabilities{};
}

Model read_model(Node node) {
    Model model;
    model.info.id = node["modelId"].text();
    model.info.display_name = first_text({node["modelName"], node["displayName"], node["modelId"]});
    model.info.context_tokens = positive(node["tokenLimits"]["maxInputTokens"], model.info.context_tokens);
    model.info.output_tokens = positive(node["tokenLimits"]["maxOutputTokens"], model.info.output_tokens);
    if (const auto rate = node["rateMultiplier"].as_double(); rate && *rate >= 0) model.info.rate = *rate;
    if (const Node types = node["supportedInputTypes"]; types.is_array() && types.size() > 0) {
        model.info.images = false;
        for (const Node type : types.children())
            model.info.images = model.info.images || ascii::equals_ignoring_case(type.text(), "IMAGE");
    }
    model.capabilities = capabilities_of(node["additionalModelRequestFieldsSchema"]);
    return model;
}

void add(std::vector<Model>& models, Node node) {
    const std::string_view id = node["modelId"].text();
    if (id.empty()) return;
    for (const Model& known : models)
        if (known.info.id == id) return;
    models.push_back(read_model(node));
}

}  // namespace

Result<ModelPage> parse_model_page(std::string_view body) {
    KG_TRY(document, json::Document::parse(std::string(body)));
    const Node root = document.root();
    if (!root["models"].is_array())
        return Err(Error{.kind = ErrorKind::upstream_failed,
                         .message = "the model list of upstream cannot be read"});
    ModelPage page;
    for (const Node node : root["models"].children()) add(page.models, node);
    // Some accounts are told of "auto" only as their default.
    add(page.models, root["defaultModel"]);
    page.next_token = root["nextToken"].text();
    return page;
}

}  // namespace kg::kiro
