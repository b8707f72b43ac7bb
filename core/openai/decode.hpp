#pragma once

#include "core/base/result.hpp"
#include "core/chat/request.hpp"
#include "core/http/message.hpp"
#include "core/json/document.hpp"

namespace kg::openai {

/// Body of POST /v1/chat/completions (client-apis 6.1) as a neutral request.
Result<chat::Request> decode_request(json::Node body, const http::Headers& headers);

}  // namespace kg::openai
