#pragma once

#include <memory>
#include <string>

#include "core/base/result.hpp"
#include "core/chat/dialect.hpp"
#include "core/json/document.hpp"

/// The Anthropic Messages API.
namespace kg::anthropic {

std::unique_ptr<chat::Dialect> make_dialect();

/// Body of the answer to POST /v1/messages/count_tokens; a local estimate.
Result<std::string> count_tokens(const json::Document& body);

}  // namespace kg::anthropic
