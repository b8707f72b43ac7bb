#pragma once

#include <memory>

#include "core/chat/dialect.hpp"

/// The Anthropic Messages API.
namespace kg::anthropic {

std::unique_ptr<chat::Dialect> make_dialect();

}  // namespace kg::anthropic
