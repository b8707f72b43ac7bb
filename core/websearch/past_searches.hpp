#pragma once

#include "core/chat/request.hpp"

namespace kg::websearch {

/// Makes the searches of a conversation's history ordinary text, for requests that offer no search.
void searches_to_text(chat::Request& request);

}  // namespace kg::websearch
