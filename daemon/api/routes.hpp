#pragma once

#include <vector>

#include "daemon/api/context.hpp"
#include "daemon/http/router.hpp"

namespace kg::api {

/// The table of every public route. Factories hold a pointer to the loop's Context, so each loop
/// builds its own router.
std::vector<httpd::Route> public_routes(Context& context);

}  // namespace kg::api
