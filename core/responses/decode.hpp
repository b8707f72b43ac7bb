#pragma once

#include "core/base/result.hpp"
#include "core/chat/request.hpp"
#include "core/http/message.hpp"
#include "core/json/document.hpp"
#include "core/responses/reasoning_seal.hpp"

namespace kg::responses {

/// Body of POST /v1/responses (client-apis 7.1) as a neutral request.
Result<chat::Request> decode_request(json::Node body, const http::Headers& headers,
                                     const ReasoningSeal& seal);

}  // namespace kg::responses
