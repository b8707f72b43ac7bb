#pragma once

#include <string>

#include "core/json/document.hpp"
#include "core/kiro/schema_rules.hpp"

namespace kg::kiro {

/// Whether upstream would refuse the schema as it stands (C12-C15).
bool schema_needs_repair(json::Node schema, SchemaDialect dialect);
/// Appends the schema with an object at its root, without null keywords and without what upstream
/// does not know. Nothing is loosened in silence: what cannot be said in the words that are left is said in
/// the description.
void append_repaired_schema(std::string& out, json::Node schema, SchemaDialect dialect);

}  // namespace kg::kiro
