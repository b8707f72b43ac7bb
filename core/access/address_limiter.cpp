#include "core/access/address_limiter.hpp"

#include <algorithm>
#include <functional>
#include <string_view>

namespace kg::access {
namespace {

/// One household or machine has a whole /64 to choose from.
IpAddress who(IpAddress address) {
    if (!address.is_v4()) std::fill(address.bytes.begin() + 8, address.bytes.end(), std::uint8_t{0});
    return address;
}

}  // namespace

std::size_t AddressLimiter::Hash::operator()(const IpAddress& address) const {
    return std::hash<std::string_view>()(
        {reinterpret_cast<const char*>(address.bytes.data()), address.bytes.size()});
}

void AddressLimiter::set_rate(Rate rate) {
    if (rate == rate_) return;
    rate_ = rate;
    buckets_.clear();
    order_.clear();
}

TokenBucket& AddressLimiter::bucket(const IpAddress& address, SteadyTime now) {
    const auto key = who(address);
    if (const auto it = buckets_.find(key); it != buckets_.end()) {
        order_.splice(order_.end(), order_, it->second);
        return it->second->bucket;
    }
    // A full bucket says nothing that a new one would not.
    while (!order_.empty() && (order_.size() >= kAddressesMax ||
                               order_.front().bucket.until_full(now) == std::chrono::microseconds::zero())) {
        buckets_.erase(order_.front().address);
        order_.pop_front();
    }
    order_.push_back({key, TokenBucket(rate_.per_minute, rate_.capacity(), now)});
    buckets_.emplace(key, std::prev(order_.end()));
    return order_.back().bucket;
}

std::chrono::microseconds AddressLimiter::wait(const IpAddress& address, SteadyTime now) {
    if (!enabled()) return {};
    const auto it = buckets_.find(who(address));
    return it == buckets_.end() ? std::chrono::microseconds() : it->second->bucket.wait(1, now);
}

void AddressLimiter::take(const IpAddress& address, SteadyTime now) {
    if (enabled()) bucket(address, now).take(1, now);
}

void AddressLimiter::give_back(const IpAddress& address, SteadyTime now) {
    if (!enabled()) return;
    if (const auto it = buckets_.find(who(address)); it != buckets_.end())
        it->second->bucket.give_back(1, now);
}

}  // namespace kg::access
