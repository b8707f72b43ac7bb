#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/tidy/layers.hpp"
#include "tests/tidy/source_tree.hpp"

namespace kg::tidy {

using Findings = std::vector<std::string>;  // "path:line: what is wrong"

/// A house rule: its name for the list of exceptions, and the check of one file.
struct Rule {
    std::string_view name;
    Findings (*check)(const SourceFile& file, const std::vector<Room>& rooms);
};
const std::vector<Rule>& rules();

}  // namespace kg::tidy
