#include "core/http/url.hpp"

#include <algorithm>
#include <charconv>

#include "core/base/ascii.hpp"

namespace kg::http {
namespace {

bool is_unreserved(char c) {
    return ascii::is_alpha(c) || ascii::is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

int hex_value(char c) {
    if (ascii::is_digit(c)) return c - '0';
    const char l = ascii::lower(c);
    return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

bool is_name_char(char c) {
    return ascii::is_alpha(c) || ascii::is_digit(c) || c == '-' || c == '.' || c == '_';
}
bool is_ipv6_char(char c) {
    return hex_value(c) >= 0 || c == ':' || c == '.';
}
bool is_visible(char c) {
    return c > ' ' && c != 0x7f;
}

bool parse_port(std::string_view text, std::uint16_t& port) {
    const auto r = std::from_chars(text.data(), text.data() + text.size(), port);
    return r.ec == std::errc{} && r.ptr == text.data() + text.size() && port != 0;
}

/// "host", "host:port", "[v6]" or "[v6]:port".
bool parse_authority(std::string_view text, Url& url) {
    std::string_view host, rest;
    if (text.starts_with('[')) {
        const auto close = text.find(']');
        if (close == std::string_view::npos) return false;
        host = text.substr(1, close - 1);
        rest = text.substr(close + 1);
        if (host.find(':') == std::string_view::npos ||
            !std::all_of(host.begin(), host.end(), is_ipv6_char)) {
            return false;
        }
    } else {
        const auto colon = std::min(text.find(':'), text.size());
        host = text.substr(0, colon);
        rest = text.substr(colon);
        if (host.empty() || !std::all_of(host.begin(), host.end(), is_name_char)) return false;
    }
    url.host = ascii::to_lower(host);
    return rest.empty() || (rest.front() == ':' && parse_port(rest.substr(1), url.port));
}

}  // namespace

std::optional<Url> parse_url(std::string_view text) {
    if (!std::all_of(text.begin(), text.end(), is_visible)) return std::nullopt;
    const auto colon = text.find("://");
    if (colon == std::string_view::npos || text.find('#') != std::string_view::npos) return std::nullopt;
    Url url;
    url.scheme = ascii::to_lower(text.substr(0, colon));
    if (url.scheme != "http" && url.scheme != "https") return std::nullopt;
    url.port = url.scheme == "http" ? 80 : 443;
    text.remove_prefix(colon + 3);
    const auto path = std::min(text.find_first_of("/?"), text.size());
    if (!parse_authority(text.substr(0, path), url)) return std::nullopt;
    url.path = text.substr(path);
    if (!url.path.starts_with('/')) url.path.insert(0, 1, '/');
    return url;
}

std::string percent_encode(std::string_view text) {
    constexpr char kHex[] = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size() + 16);
    for (const char c : text) {
        if (is_unreserved(c)) {
            out += c;
        } else {
            const auto b = static_cast<unsigned char>(c);
            out += '%';
            out += kHex[b >> 4];
            out += kHex[b & 15];
        }
    }
    return out;
}

std::optional<std::string> percent_decode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        if (text.size() - i < 3) return std::nullopt;
        const int high = hex_value(text[i + 1]), low = hex_value(text[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        out += static_cast<char>(high << 4 | low);
        i += 2;
    }
    return out;
}

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
    const auto decode = [](std::string_view part) {
        std::string spaced(part);
        std::replace(spaced.begin(), spaced.end(), '+', ' ');
        return percent_decode(spaced);
    };
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        const std::string_view pair = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        const auto equals = std::min(pair.find('='), pair.size());
        if (const auto key = decode(pair.substr(0, equals)); !key || *key != name) continue;
        return decode(pair.substr(std::min(equals + 1, pair.size())));
    }
    return std::nullopt;
}

bool is_loopback_host(std::string_view host) {
    if (host == "::1" || host == "[::1]" || ascii::equals_ignoring_case(host, "localhost")) return true;
    unsigned octets = 0;
    while (true) {
        unsigned value = 0;
        const auto dot = std::min(host.find('.'), host.size());
        const auto r = std::from_chars(host.data(), host.data() + dot, value);
        if (r.ec != std::errc{} || r.ptr != host.data() + dot || value > 255) return false;
        if (++octets == 1 && value != 127) return false;
        if (dot == host.size()) return octets == 4;
        host.remove_prefix(dot + 1);
    }
}

}  // namespace kg::http
