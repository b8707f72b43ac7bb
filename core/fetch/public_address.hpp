#pragma once

struct sockaddr;

namespace kg::fetch {

/// Whether an address belongs to the public internet: nothing of loopback, of private or shared networks,
/// link-local, multicast, reserved or translated to such (RFC 6890 and its registries), nor where a cloud
/// keeps what its machines alone may ask. IPv4 in IPv6 is judged by the IPv4 address. Pure.
bool is_public_address(const sockaddr* address) noexcept;

/// Whether a network interface of this machine has the address: whoever connects to it from here is inside
/// of what keeps strangers out. True as well when the interfaces cannot be listed. Some microseconds.
bool is_own_address(const sockaddr* address) noexcept;

/// Where a fetcher may connect to for a stranger: at a public address, and elsewhere.
inline bool is_public_elsewhere(const sockaddr* address) noexcept {
    return is_public_address(address) && !is_own_address(address);
}

}  // namespace kg::fetch
