#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace kg::gateway {

/// What a strict key is told instead of warnings: each thing that would not be done as asked. An error
/// unless there are none.
Result<void> refuse_what_others_are_warned_of(const std::vector<std::string>& warnings);

}  // namespace kg::gateway
