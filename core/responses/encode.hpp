#pragma once

#include <string>

#include "core/chat/dialect.hpp"
#include "core/responses/reasoning_seal.hpp"
#include "core/responses/storage.hpp"

namespace kg::responses {

/// The whole answer (client-apis 7.4): the same items, ids and numbers as the stream of the same
/// events.
std::string encode_response(const chat::Response& response, const chat::Request& request,
                            const chat::AnswerContext& context, const ReasoningSeal& seal, Storage storage);

}  // namespace kg::responses
