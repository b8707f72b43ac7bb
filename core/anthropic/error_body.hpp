#pragma once

#include <string_view>

#include "core/base/error.hpp"
#include "core/http/message.hpp"

namespace kg::anthropic {

/// Status, headers and body of a failed request (client-apis 9).
http::Response encode_error(const Error& error, std::string_view request_id);

}  // namespace kg::anthropic
