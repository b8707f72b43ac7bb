#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/chat/request.hpp"

namespace kg::anthropic {

/// GET /v1/models with `limit`, `after_id` and `before_id` (client-apis 8); everything when there
/// is no limit. `has_more` is honest, because SDK iterators page until it is false.
std::string encode_models(std::span<const chat::ModelInfo> models, std::string_view query);
std::string encode_model(const chat::ModelInfo& model);

}  // namespace kg::anthropic
