#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kg::httpd {

/// Which web pages may read our answers, as header lines ready to be appended.
class CorsPolicy {
  public:
    /// "*": any page; "": none; else a comma list of origins.
    explicit CorsPolicy(std::string_view origins);

    /// For every answer of a route that has CORS. `origin` is the request's Origin, or empty.
    void append_headers(std::string& wire, std::string_view origin) const;
    /// For the answer to a preflight. `requested` is Access-Control-Request-Headers: echoed,
    /// because to browsers "*" does not cover Authorization.
    void append_preflight(std::string& wire, std::string_view origin, std::string_view requested) const;

  private:
    bool allows(std::string_view origin) const;

    bool any_ = false;
    std::vector<std::string> origins_;
};

}  // namespace kg::httpd
