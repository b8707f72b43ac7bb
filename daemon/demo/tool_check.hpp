#pragma once

#include <string>
#include <string_view>

#include "core/json/document.hpp"

namespace kg::demo {

bool is_tool_name(std::string_view name);  // C8
/// The number of the rule that a "tools" array breaks (C8, C10, C12, C13, and C15 when strict), or
/// "".
std::string tools_violation(json::Node tools, bool strict_schemas);

}  // namespace kg::demo
