#pragma once

#include <cstdint>
#include <string_view>

#include "core/json/document.hpp"

namespace kg::kiro {

/// What a model's validator refuses beyond the service's own rules (C15).
enum class SchemaDialect : bool { claude, strict };

/// What becomes of one member of a schema (C12-C15). The last three reach into its value.
enum class SchemaAction : std::uint8_t {
    copy,
    drop,
    empty_object,  // a map of schemas that is none
    as_enum,       // `const`, for those who only know `enum`
    names,         // `required`: stays when it is a non-empty list of strings, else drop
    schema,
    schema_map,
    schema_list,  // drop when empty
};

SchemaAction schema_action(std::string_view keyword, json::Kind value, SchemaDialect dialect);

/// A demand that some models' validators refuse (C15).
bool is_strict_refused(std::string_view keyword);

/// Keywords by which a root is something other than one plain object (C12).
bool is_compound_keyword(std::string_view keyword);

}  // namespace kg::kiro
