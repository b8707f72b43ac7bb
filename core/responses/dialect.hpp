#pragma once

#include <memory>

#include "core/chat/dialect.hpp"
#include "core/responses/reasoning_seal.hpp"
#include "core/responses/storage.hpp"

/// The OpenAI Responses API.
namespace kg::responses {

std::unique_ptr<chat::Dialect> make_dialect(ReasoningSeal seal, Storage storage = Storage::none);

}  // namespace kg::responses
