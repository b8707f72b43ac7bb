#pragma once

#include <vector>

#include "daemon/demo/frame_script.hpp"
#include "daemon/demo/scenario.hpp"

namespace kg::demo {

/// Frames as the action wants them on the wire: damaged, cut and split into writes.
Writes plan_writes(std::vector<Piece> frames, const Action& action);

}  // namespace kg::demo
