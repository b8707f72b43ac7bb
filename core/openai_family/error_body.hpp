#pragma once

#include <string>
#include <string_view>

#include "core/base/error.hpp"
#include "core/http/message.hpp"

namespace kg::openai_family {

/// {"error":{"message","type","param","code"}}, also the last frame of a chat stream that broke.
/// `prompt_field` is the field that a too long prompt is blamed on: "messages", "input", "prompt".
void append_error_body(std::string& out, const Error& error, std::string_view prompt_field);
/// Status, headers and body of a failed request (client-apis 9).
http::Response encode_error(const Error& error, std::string_view prompt_field);

}  // namespace kg::openai_family
