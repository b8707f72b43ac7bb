#pragma once

#include <span>
#include <string>

#include "core/chat/request.hpp"

namespace kg::openai_family {

/// GET /v1/models (client-apis 8); this API has no paging.
std::string encode_models(std::span<const chat::ModelInfo> models);
std::string encode_model(const chat::ModelInfo& model);

}  // namespace kg::openai_family
