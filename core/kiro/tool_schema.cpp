#include "core/kiro/tool_schema.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "core/json/writer.hpp"
#include "core/kiro/schema_root.hpp"

namespace kg::kiro {
namespace {

using std::string_view_literals::operator""sv;
using json::Kind;
using json::Node;

/// What a keyword's value is, which decides how far the rules reach into it.
enum class Holds : std::uint8_t { annotation, schema, schema_map, schema_list, data, refused, strict_refused, required, constant };

struct Keyword {
    std::string_view name;
    Holds holds;
};

constexpr auto kKeywords = std::to_array<Keyword>({
    {"$defs"sv, Holds::schema_map},
    {"$id"sv, Holds::refused},
    {"$schema"sv, Holds::refused},
    {"additionalItems"sv, Holds::schema},
    {"additionalProperties"sv, Holds::schema},
    {"allOf"sv, Holds::schema_list},
    {"anyOf"sv, Holds::schema_list},
    {"const"sv, Holds::constant},
    {"contains"sv, Holds::schema},
    {"default"sv, Holds::data},
    {"definitions"sv, Holds::schema_map},
    {"dependentSchemas"sv, Holds::schema_map},
    {"else"sv, Holds::schema},
    {"enum"sv, Holds::data},
    {"example"sv, Holds::data},
    {"examples"sv, Holds::strict_refused},
    {"exclusiveMaximum"sv, Holds::strict_refused},
    {"exclusiveMinimum"sv, Holds::strict_refused},
    {"format"sv, Holds::strict_refused},
    {"if"sv, Holds::schema},
    {"items"sv, Holds::schema},
    {"maxItems"sv, Holds::strict_refused},
    {"maxLength"sv, Holds::strict_refused},
    {"maxProperties"sv, Holds::strict_refused},
    {"maximum"sv, Holds::strict_refused},
    {"minItems"sv, Holds::strict_refused},
    {"minLength"sv, Holds::strict_refused},
    {"minProperties"sv, Holds::strict_refused},
    {"minimum"sv, Holds::strict_refused},
    {"multipleOf"sv, Holds::strict_refused},
    {"not"sv, Holds::schema},
    {"oneOf"sv, Holds::schema_list},
    {"pattern"sv, Holds::strict_refused},
    {"patternProperties"sv, Holds::schema_map},
    {"prefixItems"sv, Holds::schema_list},
    {"properties"sv, Holds::schema_map},
    {"propertyNames"sv, Holds::schema},
    {"required"sv, Holds::required},
    {"then"sv, Holds::schema},
    {"unevaluatedItems"sv, Holds::schema},
    {"unevaluatedProperties"sv, Holds::schema},
    {"uniqueItems"sv, Holds::strict_refused},
});
static_assert(std::is_sorted(kKeywords.begin(), kKeywords.end(),
                             [](const Keyword& a, const Keyword& b) { return a.name < b.name; }));

Holds holds(std::string_view name) {
    const auto at = std::lower_bound(kKeywords.begin(), kKeywords.end(), name,
                                     [](const Keyword& k, std::string_view n) { return k.name < n; });
    return at != kKeywords.end() && at->name == name ? at->holds : Holds::annotation;
}

enum class Action : std::uint8_t { copy, drop, empty_object, as_enum, schema, schema_map, schema_list };

/// The rule for one member of a schema; the check and the writer both follow it.
Action action_for(Node member, SchemaDialect dialect) {
    const Kind kind = member.kind();
    const bool strict = dialect == SchemaDialect::strict;
    switch (holds(member.key())) {
        case Holds::refused: return Action::drop;
        case Holds::data: return Action::copy;
        case Holds::strict_refused: return strict || kind == Kind::null ? Action::drop : Action::copy;
        case Holds::constant: return strict ? Action::as_enum : Action::copy;
        case Holds::annotation: return kind == Kind::null ? Action::drop : Action::copy;
        case Holds::schema_map: return kind == Kind::object ? Action::schema_map : Action::empty_object;
        case Holds::schema_list: return kind == Kind::array && member.size() > 0 ? Action::schema_list : Action::drop;
        case Holds::schema:
            if (kind == Kind::object) return Action::schema;
            if (kind == Kind::array) return Action::schema_list;
            return kind == Kind::boolean ? Action::copy : Action::drop;
        case Holds::required: {
            if (kind != Kind::array || member.size() == 0) return Action::drop;
            for (const Node name : member.children())
                if (!name.is_string()) return Action::drop;
            return Action::copy;
        }
    }
    return Action::copy;
}

bool members_need_repair(Node schema, SchemaDialect dialect);

/// A member of a list or map of schemas: an object, or true and false.
bool item_needs_repair(Node item, SchemaDialect dialect) {
    if (item.kind() == Kind::boolean) return false;
    return !item.is_object() || members_need_repair(item, dialect);
}

bool members_need_repair(Node schema, SchemaDialect dialect) {
    for (const Node member : schema.children()) {
        switch (action_for(member, dialect)) {
            case Action::copy: break;
            case Action::drop:
            case Action::empty_object:
            case Action::as_enum: return true;
            case Action::schema:
                if (members_need_repair(member, dialect)) return true;
                break;
            case Action::schema_map:
            case Action::schema_list:
                for (const Node item : member.children())
                    if (item_needs_repair(item, dialect)) return true;
        }
    }
    return false;
}

/// Appends repaired schemas; recursion is bounded by the document's own depth limit.
class Repairer {
 public:
    Repairer(std::string& out, SchemaDialect dialect) : out_(out), dialect_(dialect) {}

    void root(Node schema) {
        const bool compound = is_compound_root(schema);
        out_ += R"({"type":"object")";
        bool has_properties = false;
        for (const Node member : schema.children()) {
            const std::string_view key = member.key();
            if (key == "type") continue;
            if (compound && (key == "anyOf" || key == "oneOf" || key == "allOf" || key == "$ref" ||
                             key == "properties" || key == "required"))
                continue;
            if (key == "properties") has_properties = true;
            write_member(member, false);
        }
        if (compound) return merged(flatten_schema_root(schema));
        out_ += has_properties ? "}" : R"(,"properties":{}})";
    }

 private:
    void merged(const SchemaRoot& flat) {
        out_ += R"(,"properties":{)";
        bool first = true;
        for (const auto& [name, schema] : flat.properties) {
            if (!std::exchange(first, false)) out_ += ',';
            key(name);
            item(schema);
        }
        out_ += '}';
        if (!flat.required.empty()) {
            out_ += R"(,"required":[)";
            for (std::size_t i = 0; i < flat.required.size(); ++i) {
                if (i > 0) out_ += ',';
                json::append_string(out_, flat.required[i]);
            }
            out_ += ']';
        }
        out_ += '}';
    }

    void key(std::string_view name) {
        json::append_string(out_, name);
        out_ += ':';
    }

    void object(Node schema) {
        out_ += '{';
        bool first = true;
        for (const Node member : schema.children())
            if (write_member(member, first)) first = false;
        out_ += '}';
    }

    void item(Node schema) {
        if (schema.is_object()) return object(schema);
        out_ += schema.kind() == Kind::boolean ? schema.raw() : "{}"sv;
    }

    /// False when the member is left out.
    bool write_member(Node member, bool first) {
        const Action action = action_for(member, dialect_);
        if (action == Action::drop) return false;
        if (!first) out_ += ',';
        key(action == Action::as_enum ? "enum"sv : member.key());
        switch (action) {
            case Action::drop: break;
            case Action::copy: out_ += member.raw(); break;
            case Action::empty_object: out_ += "{}"; break;
            case Action::as_enum: (out_ += '[').append(member.raw()) += ']'; break;
            case Action::schema: object(member); break;
            case Action::schema_map: items(member, '{', '}'); break;
            case Action::schema_list: items(member, '[', ']'); break;
        }
        return true;
    }

    void items(Node list, char open, char close) {
        out_ += open;
        bool first = true;
        for (const Node entry : list.children()) {
            if (!std::exchange(first, false)) out_ += ',';
            if (open == '{') key(entry.key());
            item(entry);
        }
        out_ += close;
    }

    std::string& out_;
    SchemaDialect dialect_;
};

}  // namespace

bool schema_needs_repair(Node schema, SchemaDialect dialect) {
    if (!schema.is_object() || schema["type"].text() != "object" || !schema["properties"].is_object()) return true;
    return is_compound_root(schema) || members_need_repair(schema, dialect);
}

void append_repaired_schema(std::string& out, Node schema, SchemaDialect dialect) {
    Repairer(out, dialect).root(schema);
}

}  // namespace kg::kiro
