#pragma once

#include <optional>
#include <string_view>

#include "core/base/clock.hpp"

namespace kg::kiro {

/// "Sun, 06 Nov 1994 08:49:37 GMT": the one form of HTTP dates still in use.
std::optional<WallTime> parse_http_date(std::string_view text);

}  // namespace kg::kiro
