#pragma once

#include <memory>

#include "daemon/demo/service.hpp"
#include "daemon/http/exchange.hpp"
#include "daemon/http/router.hpp"

namespace kg::demo {

/// Every path, with GET and POST, leads to the fake: it also records what it does not know.
std::vector<httpd::Route> fake_routes(Service& service);

}  // namespace kg::demo
