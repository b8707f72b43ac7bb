#pragma once

#include <memory>

#include "daemon/api/context.hpp"
#include "daemon/http/exchange.hpp"

namespace kg::api {

/// GET /v1/usage: what the caller's key may use, what it has used and when it begins anew. Tells
/// nobody about anybody else.
std::unique_ptr<httpd::Handler> make_usage_handler(Context& context, httpd::Exchange& exchange);

}  // namespace kg::api
