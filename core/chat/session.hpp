#pragma once

#include <string>

#include "core/http/message.hpp"
#include "core/json/document.hpp"

namespace kg::chat {

/// What makes two requests belong to one conversation (client-apis 1), at most 256 bytes, empty
/// when the client gives no hint. Sub-agents of one session are conversations of their own.
std::string session_key(const http::Headers& headers, json::Node body);

}  // namespace kg::chat
