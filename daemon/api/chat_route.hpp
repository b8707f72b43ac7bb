#pragma once

#include <memory>

#include "daemon/api/context.hpp"
#include "daemon/http/exchange.hpp"

namespace kg::api {

/// POST of a conversation in any dialect: authenticate and admit on the head, decode, run a
/// ChatJob, answer as one body or as a stream, and leave one request record (seed H1, H2).
std::unique_ptr<httpd::Handler> make_chat_handler(Context& context, const chat::Dialect& dialect,
                                                  httpd::Exchange& exchange);

}  // namespace kg::api
