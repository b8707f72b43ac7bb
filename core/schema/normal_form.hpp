#pragma once

#include <nlohmann/json_fwd.hpp>

namespace kg::schema {

/// Brings a schema that survey() has passed into what the validator library reads: draft 7. Newer words
/// become their older equals (prefixItems, dependentRequired, dependentSchemas), older ones the newer
/// (exclusiveMinimum: true, nullable), a $ref with other demands beside it becomes an allOf of both;
/// keywords that are not checked and annotations go. For the library's room alone.
void bring_into_normal_form(nlohmann::json& schema);

}  // namespace kg::schema
