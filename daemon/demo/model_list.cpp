#include "daemon/demo/model_list.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "core/base/ascii.hpp"
#include "core/base/log.hpp"
#include "daemon/demo/embedded.hpp"

namespace kg::demo {
namespace {

json::Document built_in_document() {
    for (const EmbeddedText& answer : embedded_answers()) {
        if (answer.name != "models") continue;
        auto document = json::Document::parse(std::string(answer.text));
        if (document) return std::move(*document);
    }
    // Compiled in and covered by a test: without it the executable was built wrongly.
    log::error("demo", "the built-in model list cannot be read");
    std::abort();
}

bool is_legacy_id(std::string_view id) {
    return id.find('_') != std::string_view::npos && std::all_of(id.begin(), id.end(), [](char c) {
               return (c >= 'A' && c <= 'Z') || ascii::is_digit(c) || c == '_';
           });
}

struct Pair {
    json::Node value, schema;
};

std::optional<std::string> value_violation(json::Node value, json::Node schema) {
    const std::string name(value.key());
    if (const json::Node allowed = schema["enum"]; allowed.is_array()) {
        for (const json::Node item : allowed.children()) {
            if (item.raw() == value.raw()) return std::nullopt;
        }
        return "'" + name + "' is not one of the allowed values";
    }
    if (schema["type"].text() == "integer") {
        const auto n = value.as_int();
        if (!n || *n < schema["minimum"].as_int().value_or(*n) ||
            *n > schema["maximum"].as_int().value_or(*n)) {
            return "'" + name + "' is out of range";
        }
    }
    if (schema["type"].text() == "object" && !value.is_object()) return "'" + name + "' is not an object";
    return std::nullopt;
}

}  // namespace

const ModelList& ModelList::built_in() {
    static const ModelList list(built_in_document());
    return list;
}

json::Node ModelList::find(std::string_view id) const {
    if (is_legacy_id(id)) id = "auto";
    for (const json::Node model : document_.root()["models"].children()) {
        if (model["modelId"].text() == id) return model;
    }
    return {};
}

std::size_t ModelList::context_tokens(json::Node model) {
    return static_cast<std::size_t>(model["tokenLimits"]["maxInputTokens"].as_int().value_or(200'000));
}

double ModelList::rate(json::Node model) {
    return model["rateMultiplier"].as_double().value_or(1.0);
}

std::optional<std::string> fields_violation(json::Node fields, json::Node model) {
    if (fields.is_null_or_missing()) return std::nullopt;
    const json::Node schema = model["additionalModelRequestFieldsSchema"];
    if (!schema.is_object()) return "additionalModelRequestFields is not supported for this model";
    if (!fields.is_object()) return "Invalid additionalModelRequestFields: not an object";
    std::vector<Pair> open{{fields, schema}};
    while (!open.empty()) {
        const Pair at = open.back();
        open.pop_back();
        for (const json::Node member : at.value.children()) {
            const json::Node expected = at.schema["properties"][member.key()];
            if (!expected) {
                return "Invalid additionalModelRequestFields: property '" + std::string(member.key()) +
                       "' is not defined in the schema";
            }
            if (auto why = value_violation(member, expected))
                return "Invalid additionalModelRequestFields: " + *why;
            if (expected["properties"].is_object()) open.push_back({member, expected});
        }
    }
    return std::nullopt;
}

}  // namespace kg::demo
