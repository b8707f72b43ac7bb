#pragma once

#include <span>
#include <string_view>

namespace kg::demo {

/// A file of the source tree that is part of the executable (cmake/kirogate.cmake).
struct EmbeddedText {
    std::string_view name;  // without folder and extension
    std::string_view text;
};

std::span<const EmbeddedText> embedded_scenarios();  // scenarios/*.json
std::span<const EmbeddedText> embedded_answers();    // answers/*.json: models, mcp tools

}  // namespace kg::demo
