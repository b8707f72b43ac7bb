#include "core/kiro/schema_root.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <unordered_map>
#include <unordered_set>

namespace kg::kiro {
namespace {

constexpr unsigned kDepthMax = 8;
constexpr unsigned kBranchesMax = 1'000;  // references can make the walk exponential

class Flattener {
  public:
    explicit Flattener(json::Node root) : root_(root) {}

    SchemaRoot run() {
        for (const std::string_view name : visit(root_, 0)) out_.required.push_back(name);
        return std::move(out_);
    }

  private:
    /// Collects the properties below `schema` and returns what it requires, each name once.
    std::vector<std::string_view> visit(json::Node schema, unsigned depth) {
        std::vector<std::string_view> required;
        if (!schema.is_object() || depth > kDepthMax || ++branches_ > kBranchesMax) {
            out_.exact = false;
            return required;
        }
        if (depth > 0 && demands_more(schema)) out_.exact = false;
        std::unordered_set<std::string_view> seen;
        const auto require = [&](std::string_view name) {
            if (seen.insert(name).second) required.push_back(name);
        };
        const json::Node properties = schema["properties"];
        for (const json::Node property : properties.children()) {
            if (!properties.is_object()) break;
            if (names_.insert(property.key()).second)
                out_.properties.emplace_back(property.key(), property);
            else
                out_.exact = false;
        }
        if (const json::Node names = schema["required"]; names.is_array())
            for (const json::Node name : names.children())
                if (name.is_string()) require(name.text());
        if (schema["$ref"])
            for (const std::string_view name : visit(resolve(schema["$ref"]), depth + 1)) require(name);
        if (const json::Node all = schema["allOf"]; all.is_array())
            for (const json::Node branch : all.children())
                for (const std::string_view name : visit(branch, depth + 1)) require(name);
        for (const std::string_view key : {std::string_view("anyOf"), std::string_view("oneOf")})
            for (const std::string_view name : common_to_all(schema[key], depth + 1)) require(name);
        return required;
    }

    std::vector<std::string_view> common_to_all(json::Node branches, unsigned depth) {
        std::vector<std::string_view> common;
        if (!branches.is_array()) return common;
        out_.exact = false;
        std::unordered_map<std::string_view, std::size_t> votes;
        std::size_t count = 0;
        for (const json::Node branch : branches.children()) {
            ++count;
            for (const std::string_view name : visit(branch, depth))
                if (++votes[name] == count) common.push_back(name);
        }
        std::erase_if(common, [&](std::string_view name) { return votes[name] != count; });
        std::unordered_set<std::string_view> once;
        std::erase_if(common, [&](std::string_view name) { return !once.insert(name).second; });
        return common;
    }

    /// Whether a branch has a word that properties and required do not tell of.
    static bool demands_more(json::Node schema) {
        constexpr auto known = std::to_array<std::string_view>(
            {"type", "properties", "required", "$ref", "allOf", "anyOf", "oneOf", "title", "description",
             "$comment", "$schema", "$id", "$defs", "definitions"});
        for (const json::Node member : schema.children())
            if (std::ranges::find(known, member.key()) == known.end()) return true;
        return schema["type"] && schema["type"].text() != "object";
    }

    /// "#/$defs/Name" and "#/definitions/Name"; anything else is left alone.
    json::Node resolve(json::Node ref) const {
        std::string_view path = ref.text();
        for (const std::string_view place : {std::string_view("$defs"), std::string_view("definitions")}) {
            std::string_view name = path;
            if (!name.starts_with("#/")) return {};
            name.remove_prefix(2);
            if (!name.starts_with(place)) continue;
            name.remove_prefix(place.size());
            if (name.starts_with('/')) return root_[place][name.substr(1)];
        }
        return {};
    }

    json::Node root_;
    SchemaRoot out_;
    std::unordered_set<std::string_view> names_;
    unsigned branches_ = 0;
};

}  // namespace

bool is_compound_root(json::Node schema) {
    return schema["anyOf"] || schema["oneOf"] || schema["allOf"] || schema["$ref"];
}

SchemaRoot flatten_schema_root(json::Node schema) {
    return Flattener(schema).run();
}

}  // namespace kg::kiro
