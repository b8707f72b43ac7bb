#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kg::kiro {

/// Upstream text made fit for a log: tokens, ARNs and e-mail addresses are replaced, control
/// characters and broken UTF-8 too, and at most `max_bytes` of the text are kept.
std::string redacted(std::string_view text, std::size_t max_bytes = 500);

}  // namespace kg::kiro
