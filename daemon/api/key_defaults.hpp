#pragma once

#include "core/chat/request.hpp"
#include "core/store/records.hpp"

namespace kg::api {

/// What a managed key adds to every conversation: text before and after the system prompt, and
/// thinking where the client said nothing of it.
void apply_defaults(const store::Key& key, chat::Request& request);

}  // namespace kg::api
