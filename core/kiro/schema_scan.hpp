#pragma once

#include <string_view>

#include "core/kiro/schema_rules.hpp"

namespace kg::kiro {

/// Whether a schema is certain to need no repair, told from its text without building a tree: most
/// are fine, and every request brings dozens. `schema` must be valid JSON. False when in doubt.
bool schema_surely_fine(std::string_view schema, SchemaDialect dialect);

}  // namespace kg::kiro
