#pragma once

#include <vector>

#include "core/loop/wakeup.hpp"
#include "daemon/admin/office.hpp"
#include "daemon/http/router.hpp"

namespace kg::admin {

/// The routes of the admin API for one loop: everything below /api that no other route is closer to,
/// never with CORS. `office` outlives the loop's server.
std::vector<httpd::Route> routes(Office& office, loop::Wakeup::Door door);
/// What a listener serves that has no admin API: /metrics, when everybody may read it.
std::vector<httpd::Route> public_routes(Office& office, loop::Wakeup::Door door);

}  // namespace kg::admin
