#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <unordered_map>

#include "core/base/ip_network.hpp"
#include "core/base/token_bucket.hpp"

namespace kg::access {

/// Request rates by client address; an IPv6 network of 64 bits counts as one address. Buckets
/// expire singly, the least recently used first, when they are full or there are too many. Its
/// owner's mutex protects it.
class AddressLimiter {
  public:
    static constexpr std::size_t kAddressesMax = 65'536;

    void set_rate(Rate rate);  // another rate starts all over
    bool enabled() const { return rate_.per_minute > 0; }
    /// Zero when a request may come now. Takes nothing.
    std::chrono::microseconds wait(const IpAddress& address, SteadyTime now);
    void take(const IpAddress& address, SteadyTime now);
    void give_back(const IpAddress& address, SteadyTime now);
    std::size_t size() const { return buckets_.size(); }

  private:
    struct Hash {
        std::size_t operator()(const IpAddress& address) const;
    };
    struct Entry {
        IpAddress address;
        TokenBucket bucket;
    };
    TokenBucket& bucket(const IpAddress& address, SteadyTime now);

    Rate rate_;
    std::list<Entry> order_;  // least recently used first
    std::unordered_map<IpAddress, std::list<Entry>::iterator, Hash> buckets_;
};

}  // namespace kg::access
