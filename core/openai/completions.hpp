#pragma once

#include <memory>

#include "core/chat/dialect.hpp"

namespace kg::openai {

/// POST /v1/completions, the API of before the chats: the prompt becomes the one user turn, the
/// answer's text the completion.
std::unique_ptr<chat::Dialect> make_completions_dialect();

}  // namespace kg::openai
