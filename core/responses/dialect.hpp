#pragma once

#include <memory>

#include "core/chat/dialect.hpp"
#include "core/responses/reasoning_seal.hpp"

/// The OpenAI Responses API.
namespace kg::responses {

std::unique_ptr<chat::Dialect> make_dialect(ReasoningSeal seal);

}  // namespace kg::responses
