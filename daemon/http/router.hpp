#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/http/message.hpp"
#include "daemon/http/exchange.hpp"

namespace kg::httpd {

using HandlerFactory =
    std::function<std::unique_ptr<Handler>(Exchange& exchange, std::string_view parameter)>;

struct Route {
    http::Method method;
    std::string path;  // exact, or ending in "/*": the rest is the parameter (not percent-decoded)
    HandlerFactory make;
    bool cors = true;  // API routes; admin and pages never
};

/// Built at start, then read-only: shared by all loops.
class Router {
  public:
    explicit Router(std::vector<Route> routes);

    struct Match {
        const Route* route = nullptr;  // null: no such path, or wrong method
        std::string_view parameter;
        std::string allow;  // with a wrong method: "GET, HEAD"
    };
    /// HEAD matches GET routes. An exact path wins over a wildcard, a longer wildcard over a
    /// shorter.
    Match find(http::Method method, std::string_view path) const;
    /// What an answer without a handler does (404, 405, preflight): as the routes of that path. An
    /// unknown path has CORS unless it shares its first segment with a route that has not.
    bool path_has_cors(std::string_view path) const;

  private:
    struct Candidates;
    Candidates candidates(std::string_view path) const;

    std::vector<Route> routes_;           // sorted by path
    std::vector<std::size_t> wildcards_;  // indexes of the routes ending in "/*", longest first
};

}  // namespace kg::httpd
