#pragma once

#include <string>

#include "core/base/error.hpp"
#include "core/http/message.hpp"

namespace kg::openai {

/// {"error":{"message","type","param","code"}}, also the last frame of a stream that broke.
void append_error_body(std::string& out, const Error& error);
/// Status, headers and body of a failed request (client-apis 9).
http::Response encode_error(const Error& error);

}  // namespace kg::openai
