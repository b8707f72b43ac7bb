#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace kg {

/// An IPv4 or IPv6 address; IPv4 is kept as ::ffff:a.b.c.d, so that both compare.
struct IpAddress {
    std::array<std::uint8_t, 16> bytes{};

    /// "192.0.2.1", "2001:db8::1", also with a zone ("fe80::1%eth0", which is dropped).
    static std::optional<IpAddress> parse(std::string_view text);
    bool is_v4() const;
    std::string text() const;  // as parse() reads it
    bool operator==(const IpAddress&) const = default;
};

/// An address range in CIDR notation. A value.
class IpNetwork {
  public:
    /// "10.0.0.0/8", "2001:db8::/32", or one address; malformed_request says what is wrong.
    static Result<IpNetwork> parse(std::string_view text);
    bool contains(const IpAddress& address) const;

  private:
    IpAddress base_;
    unsigned prefix_ = 128;  // bits of the 16 bytes
};

}  // namespace kg
