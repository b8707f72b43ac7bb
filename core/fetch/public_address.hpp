#pragma once

struct sockaddr;

namespace kg::fetch {

/// Whether an address belongs to the public internet: nothing of this machine, of private or shared
/// networks, link-local, multicast, reserved or translated to such (RFC 6890 and its registries). IPv4 in
/// IPv6 is judged by the IPv4 address.
bool is_public_address(const sockaddr* address) noexcept;

}  // namespace kg::fetch
