#pragma once

#include <cstdint>

#include "core/base/result.hpp"
#include "core/chat/request.hpp"
#include "core/http/message.hpp"
#include "core/json/document.hpp"

namespace kg::anthropic {

/// Counting needs no max_tokens.
enum class Purpose : std::uint8_t { answer, count };

/// Body of POST /v1/messages (client-apis 4) as a neutral request.
Result<chat::Request> decode_request(json::Node body, const http::Headers& headers, Purpose purpose);

}  // namespace kg::anthropic
