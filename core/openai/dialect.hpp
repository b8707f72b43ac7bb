#pragma once

#include <memory>

#include "core/chat/dialect.hpp"

/// The OpenAI chat completions API.
namespace kg::openai {

std::unique_ptr<chat::Dialect> make_dialect();

}  // namespace kg::openai
