#include "core/fetch/public_address.hpp"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>

namespace kg::fetch {
namespace {

struct Range4 {
    std::uint32_t first;  // host order
    int bits;
};

constexpr std::uint32_t ip(unsigned a, unsigned b, unsigned c, unsigned d) {
    return a << 24 | b << 16 | c << 8 | d;
}

/// The IANA registry of special purposes, but for those that are reachable everywhere.
constexpr auto kSpecial4 = std::to_array<Range4>({
    {ip(0, 0, 0, 0), 8},
    {ip(10, 0, 0, 0), 8},
    {ip(100, 64, 0, 0), 10},
    {ip(127, 0, 0, 0), 8},
    {ip(168, 63, 129, 16), 32},  // Azure's host, seen from its machines only
    {ip(169, 254, 0, 0), 16},
    {ip(172, 16, 0, 0), 12},
    {ip(192, 0, 0, 0), 24},
    {ip(192, 0, 2, 0), 24},
    {ip(192, 31, 196, 0), 24},
    {ip(192, 52, 193, 0), 24},
    {ip(192, 88, 99, 0), 24},
    {ip(192, 168, 0, 0), 16},
    {ip(192, 175, 48, 0), 24},
    {ip(198, 18, 0, 0), 15},
    {ip(198, 51, 100, 0), 24},
    {ip(203, 0, 113, 0), 24},
    {ip(224, 0, 0, 0), 3},  // multicast, reserved, broadcast
});

bool is_public4(std::uint32_t address) {
    return std::none_of(kSpecial4.begin(), kSpecial4.end(), [address](const Range4& range) {
        return (address ^ range.first) >> (32 - range.bits) == 0;
    });
}

using Bytes6 = std::array<unsigned char, 16>;

std::uint32_t embedded4(const Bytes6& a, std::size_t at) {
    return ip(a[at], a[at + 1], a[at + 2], a[at + 3]);
}

bool begins(const Bytes6& address, std::initializer_list<unsigned char> prefix) {
    return std::equal(prefix.begin(), prefix.end(), address.begin());
}

constexpr std::initializer_list<unsigned char> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/// IPv4 addresses as they are mapped into IPv6; nothing for other families.
std::optional<Bytes6> bytes_of(const sockaddr* address) {
    Bytes6 bytes{};
    if (address == nullptr) return std::nullopt;
    if (address->sa_family == AF_INET) {
        sockaddr_in in{};
        std::memcpy(&in, address, sizeof in);
        std::copy(kMapped.begin(), kMapped.end(), bytes.begin());
        std::memcpy(bytes.data() + kMapped.size(), &in.sin_addr, sizeof in.sin_addr);
        return bytes;
    }
    if (address->sa_family != AF_INET6) return std::nullopt;
    sockaddr_in6 in{};
    std::memcpy(&in, address, sizeof in);
    std::memcpy(bytes.data(), in.sin6_addr.s6_addr, bytes.size());
    return bytes;
}

bool is_public6(const Bytes6& a) {
    if (begins(a, kMapped)) return is_public4(embedded4(a, 12));
    if (begins(a, {0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0}))
        return is_public4(embedded4(a, 12));                          // NAT64
    if ((a[0] & 0xe0) != 0x20) return false;                          // only 2000::/3 is given out
    if (begins(a, {0x20, 0x02})) return is_public4(embedded4(a, 2));  // 6to4
    if (begins(a, {0x20, 0x01, 0x0d, 0xb8})) return false;            // documentation
    if (begins(a, {0x3f, 0xff}) && a[2] < 0x10) return false;         // documentation
    // 2001::/23 is for protocols: Teredo, ORCHID, benchmarks.
    return !(begins(a, {0x20, 0x01}) && a[2] < 0x02);
}

}  // namespace

bool is_public_address(const sockaddr* address) noexcept {
    const auto bytes = bytes_of(address);
    return bytes && is_public6(*bytes);
}

bool is_own_address(const sockaddr* address) noexcept {
    const auto wanted = bytes_of(address);
    ifaddrs* list = nullptr;
    if (!wanted || getifaddrs(&list) != 0) return true;
    const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, &freeifaddrs);
    for (; list != nullptr; list = list->ifa_next)
        if (bytes_of(list->ifa_addr) == wanted) return true;
    return false;
}

}  // namespace kg::fetch
