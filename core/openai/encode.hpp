#pragma once

#include <string>

#include "core/chat/dialect.hpp"

namespace kg::openai {

/// The whole answer (client-apis 6.3): the same text, calls and numbers as the stream of the same
/// events.
std::string encode_response(const chat::Response& response, const chat::Request& request,
                            const chat::AnswerContext& context);

}  // namespace kg::openai
