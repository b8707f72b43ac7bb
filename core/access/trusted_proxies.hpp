#pragma once

#include <string_view>
#include <vector>

#include "core/base/ip_network.hpp"
#include "core/http/message.hpp"

namespace kg::access {

/// Where a request really comes from: the peer, or, if the peer is a trusted proxy, the address it
/// names last in X-Forwarded-For, and so on while that is a trusted proxy too. What a client writes
/// itself is thus never believed. Immutable: any thread.
class TrustedProxies {
  public:
    TrustedProxies() = default;
    explicit TrustedProxies(std::vector<IpNetwork> networks) : networks_(std::move(networks)) {}

    /// `peer` is an address or "unix", which counts as 127.0.0.1. "::" when a trusted proxy names
    /// something that is no address: such a client is nobody, no allow-list holds it.
    IpAddress client_of(std::string_view peer, const http::Headers& headers) const;

  private:
    bool trusts(const IpAddress& address) const;
    std::vector<IpNetwork> networks_;
};

}  // namespace kg::access
