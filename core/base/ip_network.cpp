#include "core/base/ip_network.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace kg {
namespace {

constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr unsigned kBits = 128, kMappedBits = 96;
constexpr std::size_t kTextMaxBytes = 64;

/// Whether the first `bits` bits agree.
bool agrees(const IpAddress& a, const IpAddress& b, unsigned bits) {
    const auto whole = bits / 8;
    if (!std::equal(a.bytes.begin(), a.bytes.begin() + whole, b.bytes.begin())) return false;
    const auto rest = bits % 8;
    if (rest == 0) return true;
    const auto mask = static_cast<std::uint8_t>(0xff00u >> rest);
    return ((a.bytes[whole] ^ b.bytes[whole]) & mask) == 0;
}

Error broken(std::string_view text, std::string_view why) {
    return {.kind = ErrorKind::malformed_request,
            .message = "`" + std::string(text.substr(0, kTextMaxBytes)) + "` " + std::string(why)};
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    text = text.substr(0, text.find('%'));
    if (text.empty() || text.size() > kTextMaxBytes || text.find('\0') != text.npos) return std::nullopt;
    char buffer[kTextMaxBytes + 1];
    *std::copy(text.begin(), text.end(), buffer) = '\0';
    IpAddress out;
    if (text.find(':') != text.npos) {
        if (inet_pton(AF_INET6, buffer, out.bytes.data()) != 1) return std::nullopt;
        return out;
    }
    std::copy(kMapped.begin(), kMapped.end(), out.bytes.begin());
    if (inet_pton(AF_INET, buffer, out.bytes.data() + kMapped.size()) != 1) return std::nullopt;
    return out;
}

std::string IpAddress::text() const {
    char buffer[INET6_ADDRSTRLEN] = "";
    const bool v4 = is_v4();
    const auto* from = bytes.data() + (v4 ? kMapped.size() : 0);
    inet_ntop(v4 ? AF_INET : AF_INET6, from, buffer, sizeof buffer);
    return buffer;
}

bool IpAddress::is_v4() const {
    return std::equal(kMapped.begin(), kMapped.end(), bytes.begin());
}

Result<IpNetwork> IpNetwork::parse(std::string_view text) {
    const auto slash = text.find('/');
    const auto host = text.substr(0, slash);
    const auto address = host.find('%') == host.npos ? IpAddress::parse(host) : std::nullopt;
    if (!address) return Err(broken(text, "is not an address range such as 10.0.0.0/8 or 2001:db8::/32"));
    IpNetwork out;
    out.base_ = *address;
    if (slash == text.npos) return out;
    const bool v4 = host.find(':') == host.npos;
    const unsigned most = v4 ? kBits - kMappedBits : kBits;
    const auto digits = text.substr(slash + 1);
    unsigned prefix = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
    if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size() || prefix > most)
        return Err(broken(text, "needs a prefix length from 0 to " + std::to_string(most)));
    out.prefix_ = v4 ? prefix + kMappedBits : prefix;
    for (unsigned bit = out.prefix_; bit < kBits; ++bit) {
        if ((out.base_.bytes[bit / 8] >> (7 - bit % 8)) & 1u)
            return Err(broken(text, "has bits set beyond its prefix"));
    }
    return out;
}

bool IpNetwork::contains(const IpAddress& address) const {
    return agrees(base_, address, prefix_);
}

}  // namespace kg
