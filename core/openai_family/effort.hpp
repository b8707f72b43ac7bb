#pragma once

#include <string_view>

#include "core/chat/request.hpp"

namespace kg::openai_family {

/// none and minimal turn thinking off, an unknown word is warned of.
void set_effort(std::string_view effort, chat::Request& request);

}  // namespace kg::openai_family
