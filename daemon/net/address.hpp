#pragma once

#include <sys/socket.h>

#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace kg::net {

/// Where to listen: a TCP address, or the path of a Unix socket.
struct ListenAddress {
    sockaddr_storage socket{};
    socklen_t length = 0;
    std::string unix_path;  // empty for TCP
};

/// "127.0.0.1:8000", "[::1]:0", "localhost:8000" (always 127.0.0.1) or "unix:/path". No name is
/// ever looked up: a gateway must not depend on a resolver to start.
Result<ListenAddress> parse_listen_address(std::string_view text);

/// Numeric address without port; "unix" for a Unix socket.
std::string address_text(const sockaddr_storage& address);

}  // namespace kg::net
