#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "core/json/document.hpp"

namespace kg::kiro {

/// The object that a root of alternatives amounts to (C12): every property of every branch, and
/// those names required by all of them.
struct SchemaRoot {
    std::vector<std::pair<std::string_view, json::Node>> properties;
    std::vector<std::string_view> required;
    bool exact = true;  // the object demands all that the root does
};

bool is_compound_root(json::Node schema);
SchemaRoot flatten_schema_root(json::Node schema);

}  // namespace kg::kiro
