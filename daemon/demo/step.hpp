#pragma once

#include <initializer_list>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/json/document.hpp"
#include "daemon/demo/frame_script.hpp"

namespace kg::demo {

/// The "steps" of an action (scenario.hpp) as frames.
Result<std::vector<Piece>> read_steps(json::Node steps, bool with_tail);

/// An error for the first member of `object` that is none of `keys`: a typing error in a scenario
/// must not make a test that proves nothing.
Result<void> only_keys(json::Node object, std::initializer_list<std::string_view> keys);

}  // namespace kg::demo
