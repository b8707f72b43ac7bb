#pragma once

#include <string>

#include "core/base/error.hpp"
#include "core/http/message.hpp"

namespace kg::chat {

/// content-type, retry-after (whole seconds, rounded up), x-should-retry and www-authenticate: what
/// the SDKs of every API go by.
http::Headers error_headers(const Error& error, int status);
/// The error's sentence, or one made from its kind: never empty.
std::string error_sentence(const Error& error);

}  // namespace kg::chat
