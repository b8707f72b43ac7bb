#pragma once

#include <optional>

#include "core/chat/request.hpp"
#include "core/gateway/chat_job.hpp"
#include "core/store/records.hpp"

namespace kg::api {

/// What a managed key adds to every conversation: text before and after the system prompt, and
/// thinking where the client said nothing of it.
void apply_defaults(const store::Key& key, chat::Request& request);
/// Whether web searches are run for a managed key; nothing: as the gateway is set.
std::optional<bool> may_search(const store::Key& key);
/// How a managed key has conversations compressed, where the request's own header says nothing; its
/// threshold holds either way.
void apply_compression(const store::Key& key, gateway::JobPermissions& permissions);

}  // namespace kg::api
