#include "core/kiro/schema_rules.hpp"

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
/// Where a keyword may stand in a table without collisions; the multiplier is found at compile
/// time.
struct Slots {
    static constexpr std::size_t kSize = 256;
    std::uint32_t multiplier = 0;
    std::array<std::uint8_t, kSize> keyword{};  // its place in kKeywords plus one, 0 where none is

    static constexpr std::size_t slot(std::string_view name, std::uint32_t multiplier) {
        const auto at = [&](std::size_t i) {
            return static_cast<std::uint32_t>(static_cast<unsigned char>(name[i]));
        };
        const std::uint32_t mixed = static_cast<std::uint32_t>(name.size()) + at(0) * 0x35u +
                                    at(name.size() / 7) * 0x1f01u + at(name.size() / 2) * 0x3d003u +
                                    at(name.size() * 5 / 8) * 0xb00005u;
        return (mixed * multiplier) >> 24;
    }
};

constexpr Slots kSlots = [] {
    Slots slots;
    for (slots.multiplier = 0x9e3779b1;; slots.multiplier += 2) {
        slots.keyword = {};
        bool free = true;
        for (std::size_t i = 0; i < kKeywords.size() && free; ++i) {
            auto& slot = slots.keyword[Slots::slot(kKeywords[i].name, slots.multiplier)];
            free = slot == 0;
            slot = static_cast<std::uint8_t>(i + 1);
        }
        if (free) return slots;
    }
}();

Holds holds(std::string_view name) {
    if (name.empty()) return Holds::annotation;
    const std::uint8_t found = kSlots.keyword[Slots::slot(name, kSlots.multiplier)];
    if (found == 0 || kKeywords[found - 1].name != name) return Holds::annotation;
    return kKeywords[found - 1].holds;
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

bool is_strict_refused(std::string_view keyword) {
    return holds(keyword) == Holds::strict_refused;
}

bool is_compound_keyword(std::string_view keyword) {
    return keyword == "anyOf" || keyword == "oneOf" || keyword == "allOf" || keyword == "$ref";
}

}  // namespace kg::kiro
