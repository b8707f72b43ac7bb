#include "daemon/net/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <charconv>
#include <cstring>

namespace kg::net {
namespace {

Err<Error> refuse(std::string_view text, const char* why) {
    return Err(Error{ErrorKind::config_invalid, "listen address \"" + std::string(text) + "\": " + why});
}

bool fill_inet(ListenAddress& out, const std::string& host, std::uint16_t port) {
    // The cast through void* is what the sockets API asks for; the storage is aligned for both.
    auto* v4 = static_cast<sockaddr_in*>(static_cast<void*>(&out.socket));
    if (inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        out.length = sizeof(sockaddr_in);
        return true;
    }
    auto* v6 = static_cast<sockaddr_in6*>(static_cast<void*>(&out.socket));
    if (inet_pton(AF_INET6, host.c_str(), &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        out.length = sizeof(sockaddr_in6);
        return true;
    }
    return false;
}

Result<ListenAddress> parse_unix(std::string_view text, std::string_view path) {
    ListenAddress out;
    auto* address = static_cast<sockaddr_un*>(static_cast<void*>(&out.socket));
    if (path.empty()) return refuse(text, "the socket path is missing");
    if (path.size() >= sizeof(address->sun_path)) return refuse(text, "the socket path is too long");
    address->sun_family = AF_UNIX;
    std::memcpy(address->sun_path, path.data(), path.size());
    out.length = sizeof(sockaddr_un);
    out.unix_path = std::string(path);
    return out;
}

}  // namespace

Result<ListenAddress> parse_listen_address(std::string_view text) {
    if (text.substr(0, 5) == "unix:") return parse_unix(text, text.substr(5));

    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return refuse(text, "the port is missing");
    const std::string_view port_text = text.substr(colon + 1);
    std::uint16_t port = 0;
    const char* end = port_text.data() + port_text.size();
    const auto parsed = std::from_chars(port_text.data(), end, port);
    if (port_text.empty() || parsed.ec != std::errc() || parsed.ptr != end) {
        return refuse(text, "the port must be a number from 0 to 65535");
    }

    std::string_view host = text.substr(0, colon);
    const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    if (!bracketed && host.find(':') != std::string_view::npos) {
        return refuse(text, "an IPv6 address needs brackets, as in [::1]:8000");
    }
    ListenAddress out;
    if (!fill_inet(out, host == "localhost" ? "127.0.0.1" : std::string(host), port)) {
        return refuse(text, "the host must be an IP address or \"localhost\"");
    }
    return out;
}

std::string address_text(const sockaddr_storage& address) {
    char text[INET6_ADDRSTRLEN] = "";
    if (address.ss_family == AF_INET) {
        const auto* v4 = static_cast<const sockaddr_in*>(static_cast<const void*>(&address));
        inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
    } else if (address.ss_family == AF_INET6) {
        const auto* v6 = static_cast<const sockaddr_in6*>(static_cast<const void*>(&address));
        if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
            inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], text, sizeof text);
        } else {
            inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
        }
    } else {
        return "unix";
    }
    return text;
}

}  // namespace kg::net
