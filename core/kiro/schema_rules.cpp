#include "core/kiro/schema_rules.hpp"

#include <algorithm>
#include <array>

namespace kg::kiro {
namespace {

using std::string_view_literals::operator""sv;
using json::Kind;

/// What a keyword's value is, which decides how far the rules reach into it.
enum class Holds : std::uint8_t {
    annotation,
    schema,
    schema_map,
    schema_list,
    data,
    refused,
    strict_refused,
    required,
    constant
};

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
    const auto at =
        std::lower_bound(kKeywords.begin(), kKeywords.end(), name,
                         [](const Keyword& k, std::string_view n) { return k.name < n; });
    return at != kKeywords.end() && at->name == name ? at->holds : Holds::annotation;
}

}  // namespace

SchemaAction schema_action(std::string_view keyword, Kind value, SchemaDialect dialect) {
    using enum SchemaAction;
    const bool strict = dialect == SchemaDialect::strict;
    switch (holds(keyword)) {
        case Holds::refused: return drop;
        case Holds::data: return copy;
        case Holds::strict_refused: return strict || value == Kind::null ? drop : copy;
        case Holds::constant: return strict ? as_enum : copy;
        case Holds::annotation: return value == Kind::null ? drop : copy;
        case Holds::required: return value == Kind::array ? names : drop;
        case Holds::schema_map: return value == Kind::object ? schema_map : empty_object;
        case Holds::schema_list: return value == Kind::array ? schema_list : drop;
        case Holds::schema:
            if (value == Kind::object) return schema;
            if (value == Kind::array) return schema_list;
            return value == Kind::boolean ? copy : drop;
    }
    return copy;
}

bool is_compound_keyword(std::string_view keyword) {
    return keyword == "anyOf" || keyword == "oneOf" || keyword == "allOf" || keyword == "$ref";
}

}  // namespace kg::kiro
