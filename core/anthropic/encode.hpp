#pragma once

#include <string>

#include "core/chat/dialect.hpp"

namespace kg::anthropic {

/// The whole answer (client-apis 4.7): the same blocks and numbers as the stream of the same
/// events.
std::string encode_response(const chat::Response& response, const chat::Request& request,
                            const chat::AnswerContext& context);

}  // namespace kg::anthropic
