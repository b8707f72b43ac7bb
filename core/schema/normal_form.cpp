#include "core/schema/normal_form.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

namespace kg::schema {
namespace {

using Json = nlohmann::json;

constexpr auto kDropped =
    std::to_array<const char*>({"$anchor",     "$comment",    "$dynamicAnchor",   "$id",
                                "$schema",     "$vocabulary", "contentEncoding",  "contentMediaType",
                                "default",     "deprecated",  "description",      "disallow",
                                "divisibleBy", "example",     "examples",         "extends",
                                "id",          "maxContains", "minContains",      "propertyNames",
                                "readOnly",    "title",       "unevaluatedItems", "unevaluatedProperties",
                                "writeOnly"});
constexpr auto kSchemas = std::to_array<const char*>(
    {"additionalItems", "additionalProperties", "contains", "else", "if", "items", "not", "then"});
constexpr auto kLists = std::to_array<const char*>({"allOf", "anyOf", "items", "oneOf", "prefixItems"});
constexpr auto kMaps =
    std::to_array<const char*>({"$defs", "definitions", "dependencies", "dependentSchemas", "properties"});

/// {"minimum": 1, "exclusiveMinimum": true} of draft 4.
void settle_limit(Json& schema, const char* limit, const char* exclusive) {
    const auto flag = schema.find(exclusive);
    if (flag == schema.end() || !flag->is_boolean()) return;
    const bool set = flag->get<bool>();
    schema.erase(flag);
    const auto value = schema.find(limit);
    if (!set || value == schema.end()) return;
    Json moved = *value;
    schema.erase(limit);
    schema[exclusive] = std::move(moved);
}

/// OpenAPI's way to say that null will do.
void settle_nullable(Json& schema) {
    const auto nullable = schema.find("nullable");
    if (nullable == schema.end()) return;
    const auto type = schema.find("type");
    if (nullable->is_boolean() && nullable->get<bool>() && type != schema.end()) {
        Json types = type->is_array() ? *type : Json::array({*type});
        types.push_back("null");
        *type = std::move(types);
        if (const auto values = schema.find("enum"); values != schema.end()) values->push_back(nullptr);
    }
    schema.erase("nullable");
}

void settle_tuple(Json& schema) {
    const auto prefix = schema.find("prefixItems");
    if (prefix == schema.end()) return;
    Json items = std::move(*prefix);
    schema.erase("prefixItems");
    if (schema.contains("items")) schema["additionalItems"] = std::move(schema["items"]);
    schema["items"] = std::move(items);
}

void settle_dependencies(Json& schema) {
    for (const char* newer : {"dependentRequired", "dependentSchemas"}) {
        const auto found = schema.find(newer);
        if (found == schema.end()) continue;
        Json moved = std::move(*found);
        schema.erase(newer);
        auto& all = schema["dependencies"];
        for (auto& [name, needs] : moved.items()) {
            if (!all.contains(name))
                all[name] = std::move(needs);
            else
                schema["allOf"].push_back(Json::object({{"dependencies", {{name, std::move(needs)}}}}));
        }
    }
}

/// Beside a reference older drafts see nothing, newer ones do. Everything else stays in its place, where
/// other references may look for it.
void settle_reference(Json& schema) {
    const auto found = schema.find("$ref");
    if (found == schema.end() || schema.size() == 1) return;
    Json reference = Json::object({{"$ref", *found}});
    schema.erase(found);
    schema["allOf"].push_back(std::move(reference));
}

}  // namespace

void bring_into_normal_form(Json& schema) {
    if (!schema.is_object()) return;
    for (auto it = schema.begin(); it != schema.end();)
        it = it->is_null() && it.key() != "const" ? schema.erase(it) : ++it;
    for (const char* key : kDropped) schema.erase(key);
    // What may stand beside names of a pattern is not known without the patterns.
    if (schema.erase("patternProperties") > 0) schema.erase("additionalProperties");
    settle_limit(schema, "minimum", "exclusiveMinimum");
    settle_limit(schema, "maximum", "exclusiveMaximum");
    settle_nullable(schema);
    for (const char* key : kSchemas)
        if (const auto found = schema.find(key); found != schema.end()) bring_into_normal_form(*found);
    for (const char* key : kLists)
        if (const auto found = schema.find(key); found != schema.end() && found->is_array())
            for (Json& item : *found) bring_into_normal_form(item);
    for (const char* key : kMaps)
        if (const auto found = schema.find(key); found != schema.end())
            for (Json& item : *found) bring_into_normal_form(item);
    settle_tuple(schema);
    settle_dependencies(schema);
    settle_reference(schema);
}

}  // namespace kg::schema
