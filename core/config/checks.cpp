#include "core/config/checks.hpp"

#include <arpa/inet.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <system_error>

#include "core/base/ascii.hpp"
#include "core/base/ip_network.hpp"
#include "core/config/units.hpp"

namespace kg::config {
namespace {

using Complaint = std::optional<std::string>;

bool is_visible(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

bool parses_as(int family, std::string_view host) {
    std::array<unsigned char, 16> address{};
    return inet_pton(family, std::string(host).c_str(), address.data()) == 1;
}

bool is_host_name(std::string_view host) {
    if (host.empty() || host.size() > 253) return false;
    if (host.find_first_not_of("0123456789.") == std::string_view::npos) return parses_as(AF_INET, host);
    if (host.front() == '-' || host.front() == '.') return false;
    return std::all_of(host.begin(), host.end(), [](char c) {
        return ascii::is_alpha(c) || ascii::is_digit(c) || c == '-' || c == '.' || c == '_';
    });
}

bool is_port(std::string_view text) {
    const auto port = text.size() <= 5 ? parse_number(text) : std::nullopt;
    return port && *port >= 0 && *port <= 65535;
}

bool is_loopback(std::string_view host) {
    if (ascii::equals_ignoring_case(host, "localhost") || host == "::1") return true;
    return host.substr(0, 4) == "127." && parses_as(AF_INET, host);
}

struct Authority {
    std::string_view user, host, port, rest;
};

/// What follows "scheme://", without judging it; nothing when the brackets are wrong.
std::optional<Authority> split_authority(std::string_view text) {
    Authority out;
    const std::size_t end = std::min(text.find_first_of("/?#"), text.size());
    out.rest = text.substr(end);
    std::string_view authority = text.substr(0, end);
    if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
        out.user = authority.substr(0, at);
        authority.remove_prefix(at + 1);
    }
    if (!authority.empty() && authority.front() == '[') {
        const auto close = authority.find(']');
        if (close == std::string_view::npos) return std::nullopt;
        out.host = authority.substr(1, close - 1);
        authority.remove_prefix(close + 1);
        if (!parses_as(AF_INET6, out.host)) return std::nullopt;
        if (!authority.empty() && authority.front() != ':') return std::nullopt;
    } else {
        out.host = authority.substr(0, authority.find(':'));
        authority.remove_prefix(out.host.size());
        if (!is_host_name(out.host)) return std::nullopt;
    }
    if (!authority.empty()) {
        out.port = authority.substr(1);
        if (!is_port(out.port) || out.port == "0") return std::nullopt;
    }
    return out;
}

struct SplitUrl {
    std::string scheme;
    Authority at;
};
std::optional<SplitUrl> split_url(std::string_view text) {
    const auto mark = text.find("://");
    if (mark == std::string_view::npos || text.size() > 2048 || !is_visible(text)) return std::nullopt;
    const auto at = split_authority(text.substr(mark + 3));
    if (!at) return std::nullopt;
    return SplitUrl{ascii::to_lower(text.substr(0, mark)), *at};
}

bool is_known_default(std::string_view text) {
    static constexpr std::array<std::string_view, 18> kKnown{"changeme_proxy_secret",
                                                             "changeme",
                                                             "change_me",
                                                             "change-me",
                                                             "changeit",
                                                             "admin",
                                                             "administrator",
                                                             "password",
                                                             "passw0rd",
                                                             "secret",
                                                             "default",
                                                             "root",
                                                             "test",
                                                             "letmein",
                                                             "12345678",
                                                             "123456",
                                                             "my-super-secret-password-123",
                                                             "sk-1234"};
    return std::any_of(kKnown.begin(), kKnown.end(),
                       [&](std::string_view known) { return ascii::equals_ignoring_case(known, text); });
}

constexpr std::string_view kKnownDefault =
    "is a well-known default that anybody would try first; make one with: openssl rand -hex 24";

}  // namespace

Complaint check_admin_listen(std::string_view text) {
    return text.empty() ? std::nullopt : check_listen(text);
}

Complaint check_listen(std::string_view text) {
    if (text.substr(0, 5) == "unix:") {
        const auto path = text.substr(5);
        if (path.size() < 2 || path.front() != '/' || path.find('\0') != std::string_view::npos) {
            return "the path of a Unix socket must be absolute";
        }
        // sockaddr_un holds 108 bytes with the terminating zero.
        if (path.size() > 107) return "the path of a Unix socket has at most 107 bytes";
        return std::nullopt;
    }
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return is_port(text)
                   ? "has a port but no host; for this machine alone write 127.0.0.1:" + std::string(text)
                   : "has no port";
    }
    if (!is_port(text.substr(colon + 1))) return "the port is not a number from 0 to 65535";
    const auto host = text.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        if (parses_as(AF_INET6, host.substr(1, host.size() - 2))) return std::nullopt;
        return "the host is not an IPv6 address";
    }
    if (host.find(':') != std::string_view::npos) {
        return "an IPv6 address is written in brackets, as in [::1]:8000";
    }
    if (!is_host_name(host)) return "the host is neither an address nor a name";
    return std::nullopt;
}

Complaint check_origins(std::string_view text) {
    if (text.empty() || text == "*") return std::nullopt;
    while (true) {
        const auto comma = text.find(',');
        const auto origin = ascii::trim(text.substr(0, comma));
        if (origin == "*") return "* cannot be combined with other origins";
        const auto url = split_url(origin);
        if (!url || (url->scheme != "http" && url->scheme != "https"))
            return "holds something that is not an origin";
        if (!url->at.user.empty() || !url->at.rest.empty()) return "an origin ends after the host and port";
        if (comma == std::string_view::npos) return std::nullopt;
        text.remove_prefix(comma + 1);
    }
}

Complaint check_upstream_url(std::string_view text) {
    if (text.empty()) return std::nullopt;
    const auto url = split_url(text);
    if (!url) return "is not a URL";
    if (url->scheme != "https" && url->scheme != "http") return "is neither an http nor an https URL";
    if (!url->at.user.empty()) return "must not hold a user name or password";
    if (url->at.rest.find_first_of("?#") != std::string_view::npos)
        return "must not hold a query or fragment";
    if (url->scheme == "http" && !is_loopback(url->at.host)) {
        return "would send tokens in clear text; use https";
    }
    return std::nullopt;
}

Complaint check_hook_secret(std::string_view text) {
    if (text.size() > 512) return "is longer than 512 bytes";
    const auto is_control = [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; };
    if (std::any_of(text.begin(), text.end(), is_control)) return "holds a control character";
    return std::nullopt;
}

Complaint check_webhook_url(std::string_view text) {
    if (text.empty()) return std::nullopt;
    const auto url = split_url(text);
    if (!url || url->at.host.empty()) return "is not a URL";
    if (url->scheme != "https" && url->scheme != "http") return "is neither an http nor an https URL";
    if (!url->at.user.empty()) return "must not hold a user name or password";
    if (url->at.rest.find('#') != std::string_view::npos) return "must not hold a fragment";
    return std::nullopt;
}

Complaint check_proxy_url(std::string_view text) {
    if (text.empty()) return std::nullopt;
    const auto url = split_url(text);
    if (!url) return "is not a proxy URL";
    static constexpr std::array<std::string_view, 6> kSchemes{"http",    "https",  "socks4",
                                                              "socks4a", "socks5", "socks5h"};
    if (std::find(kSchemes.begin(), kSchemes.end(), url->scheme) == kSchemes.end()) {
        return "has an unknown scheme";
    }
    if (!url->at.rest.empty() && url->at.rest != "/") return "must end after the host and port";
    return std::nullopt;
}

Complaint check_readable_file(std::string_view path) {
    if (path.empty()) return std::nullopt;
    if (path.find('\0') != path.npos) return "is not a path";
    if (::access(std::string(path).c_str(), R_OK) == 0) return std::nullopt;
    return "cannot be read: " + std::generic_category().message(errno);
}

Complaint check_word(std::string_view text) {
    if (text.empty()) return "is empty";
    if (text.size() > 128) return "is too long";
    if (!is_visible(text)) return "holds a space, a control character or a character outside ASCII";
    return std::nullopt;
}

Complaint check_proxy_key(std::string_view text) {
    if (text.find(':') != std::string_view::npos) {
        return "holds a colon, which would break the form KEY:REFRESH_TOKEN: everything after it "
               "would be taken for a token";
    }
    if (!is_visible(text)) return "holds a space, a control character or a character outside ASCII";
    if (text.size() > 512) return "is too long";
    if (is_known_default(text)) return std::string(kKnownDefault);
    return std::nullopt;
}

Complaint check_admin_password(std::string_view text) {
    if (text.size() > 512) return "is too long";
    const bool control = std::any_of(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    if (control || !ascii::is_utf8(text)) return "holds a control character or is not UTF-8";
    if (ascii::is_blank(text)) return "is blank";
    if (is_known_default(text)) return std::string(kKnownDefault);
    return std::nullopt;
}

Complaint check_network(std::string_view text) {
    auto network = IpNetwork::parse(text);
    return network ? std::nullopt : Complaint(std::move(network).error().message);
}

Complaint check_seal_key(std::string_view text) {
    if (text.size() != 64) return "is not 64 digits long";
    if (text.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos) {
        return "holds something that is not a hexadecimal digit";
    }
    if (text.find_first_not_of(text.front()) == std::string_view::npos) return "repeats a single digit";
    return std::nullopt;
}

bool is_local_listen(std::string_view listen) {
    if (listen.substr(0, 5) == "unix:") return true;
    std::string_view host = listen.substr(0, listen.rfind(':'));
    if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
    return is_loopback(host);
}

std::optional<std::string> with_port(std::string_view listen, std::string_view port) {
    if (listen.substr(0, 5) == "unix:") return std::nullopt;
    return std::string(listen.substr(0, listen.rfind(':'))) + ':' + std::string(port);
}

std::string hide_user(std::string_view url) {
    const auto mark = url.find("://");
    if (mark == std::string_view::npos) return std::string(url);
    const auto at = url.rfind('@', std::min(url.find('/', mark + 3), url.size()));
    if (at == std::string_view::npos || at < mark) return std::string(url);
    return std::string(url.substr(0, mark + 3)) + "***" + std::string(url.substr(at));
}

}  // namespace kg::config
