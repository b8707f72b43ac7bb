#include "core/access/trusted_proxies.hpp"

#include <algorithm>

#include "core/base/ascii.hpp"

namespace kg::access {
namespace {

/// "192.0.2.1", "192.0.2.1:1234", "[2001:db8::1]:1234", "2001:db8::1"
std::optional<IpAddress> parse_hop(std::string_view text) {
    text = ascii::trim(text);
    if (text.starts_with('[')) {
        const auto close = text.find(']');
        return close == text.npos ? std::nullopt : IpAddress::parse(text.substr(1, close - 1));
    }
    const auto colon = text.find(':');
    if (colon != text.npos && text.find(':', colon + 1) == text.npos) text = text.substr(0, colon);
    return IpAddress::parse(text);
}

}  // namespace

bool TrustedProxies::trusts(const IpAddress& address) const {
    return std::any_of(networks_.begin(), networks_.end(),
                       [&](const IpNetwork& network) { return network.contains(address); });
}

IpAddress TrustedProxies::client_of(std::string_view peer, const http::Headers& headers) const {
    IpAddress client = IpAddress::parse(peer == "unix" ? "127.0.0.1" : peer).value_or(IpAddress{});
    if (networks_.empty() || !trusts(client)) return client;
    const auto& fields = headers.fields();
    for (auto field = fields.rbegin(); field != fields.rend(); ++field) {
        if (!ascii::equals_ignoring_case(field->first, "x-forwarded-for")) continue;
        std::string_view rest = field->second;
        while (true) {
            const auto comma = rest.rfind(',');
            const auto hop = parse_hop(comma == rest.npos ? rest : rest.substr(comma + 1));
            if (!hop) return {};
            client = *hop;
            if (!trusts(client)) return client;
            if (comma == rest.npos) break;
            rest = rest.substr(0, comma);
        }
    }
    return client;
}

}  // namespace kg::access
