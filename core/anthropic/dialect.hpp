#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/base/result.hpp"
#include "core/chat/dialect.hpp"
#include "core/json/document.hpp"

/// The Anthropic Messages API.
namespace kg::anthropic {

std::unique_ptr<chat::Dialect> make_dialect();

/// Body of the answer to POST /v1/messages/count_tokens; a local estimate, which `calibrate` makes
/// the one of a model: (model as the client wrote it, estimate) -> tokens.
using Calibrate = std::function<std::uint64_t(std::string_view, std::uint64_t)>;
Result<std::string> count_tokens(const json::Document& body, const Calibrate& calibrate);

}  // namespace kg::anthropic
