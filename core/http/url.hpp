#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kg::http {

struct Url {
    std::string scheme;  // lower case
    std::string host;    // without brackets
    std::uint16_t port = 0;
    std::string path;  // begins with '/', query included
};

/// http and https only; no user information, no fragment.
std::optional<Url> parse_url(std::string_view text);
std::string percent_encode(std::string_view text);  // everything but unreserved characters
std::optional<std::string> percent_decode(std::string_view text);
/// Value of `name` in a query string ("limit=2&after_id=x"), decoded.
std::optional<std::string> query_value(std::string_view query, std::string_view name);
/// True for 127.0.0.0/8, ::1 and "localhost".
bool is_loopback_host(std::string_view host);

}  // namespace kg::http
