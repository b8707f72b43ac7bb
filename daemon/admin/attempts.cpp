#include "daemon/admin/attempts.hpp"

#include <algorithm>
#include <cstring>

namespace kg::admin {
namespace {

using namespace std::chrono_literals;

constexpr unsigned kFreeMisses = 3;
constexpr std::chrono::milliseconds kDelayFirst = 1s, kDelayMost = 15min;
constexpr std::chrono::milliseconds kForgottenAfter = 1h, kCommonEvery = 2s;
constexpr std::chrono::hours kKnownFor{24};

IpAddress network_of(IpAddress address) {
    if (!address.is_v4()) std::fill(address.bytes.begin() + 8, address.bytes.end(), std::uint8_t{0});
    return address;
}

std::chrono::milliseconds delay_after(unsigned misses) {
    if (misses < kFreeMisses) return 0ms;
    const unsigned doublings = std::min(misses - kFreeMisses, 20u);
    return std::min(kDelayFirst * (1 << doublings), kDelayMost);
}

}  // namespace

std::size_t Attempts::Hash::operator()(const IpAddress& address) const {
    std::uint64_t halves[2];
    std::memcpy(halves, address.bytes.data(), sizeof halves);
    return static_cast<std::size_t>(halves[0] * 0x9e3779b97f4a7c15u ^ halves[1]);
}

Attempts::Entry& Attempts::entry(const IpAddress& address, SteadyTime now) {
    if (const auto known = entries_.find(address); known != entries_.end()) {
        order_.splice(order_.end(), order_, known->second);
        auto& found = *known->second;
        if (now - found.last > kForgottenAfter)
            found = {.address = address, .misses = 0, .last = now, .open_at = {}, .right_at = found.right_at};
        return found;
    }
    if (entries_.size() >= kAddressesMax) {
        entries_.erase(order_.front().address);
        order_.pop_front();
    }
    order_.push_back({.address = address});
    entries_.emplace(address, std::prev(order_.end()));
    return order_.back();
}

std::optional<std::chrono::milliseconds> Attempts::blocked(const IpAddress& client, SteadyTime now) {
    auto& own = entry(network_of(client), now);
    if (now < own.open_at) return std::chrono::ceil<std::chrono::milliseconds>(own.open_at - now);
    const double back = std::chrono::duration<double>(now - common_at_) / kCommonEvery;
    common_ = std::min(common_ + std::max(back, 0.0), kCommonMisses);
    common_at_ = now;
    const bool known = own.right_at && now - *own.right_at < kKnownFor;
    if (common_ < 1 && !known) return kCommonEvery;
    return std::nullopt;
}

std::optional<std::chrono::milliseconds> Attempts::begin(const IpAddress& client, SteadyTime now) {
    if (const auto wait = blocked(client, now)) return wait;
    auto& own = entry(network_of(client), now);
    common_ = std::max(common_ - 1, 0.0);
    own.last = now;
    own.open_at = now + delay_after(++own.misses);
    return std::nullopt;
}

void Attempts::right(const IpAddress& client, SteadyTime now) {
    auto& own = entry(network_of(client), now);
    if (own.misses > 0) common_ = std::min(common_ + 1, kCommonMisses);
    own = {.address = own.address, .misses = 0, .last = now, .open_at = {}, .right_at = now};
}

}  // namespace kg::admin
