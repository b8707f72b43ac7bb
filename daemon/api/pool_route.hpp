#pragma once

#include <memory>

#include "daemon/api/context.hpp"
#include "daemon/http/exchange.hpp"

namespace kg::api {

/// GET /api/pool?from=N: the live state of the pool, for the operator alone (access.is_operator). At
/// most 200 accounts in one answer, in order of creation from the N-th on, so that no request holds
/// up its loop; `next` says where to go on, or is null.
std::unique_ptr<httpd::Handler> make_pool_handler(Context& context, httpd::Exchange& exchange);

}  // namespace kg::api
