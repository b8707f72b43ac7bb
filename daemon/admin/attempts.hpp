#pragma once

#include <chrono>
#include <list>
#include <optional>
#include <unordered_map>

#include "core/base/clock.hpp"
#include "core/base/ip_network.hpp"

namespace kg::admin {

/// Slows down guessing of the admin password (seed B9). An address may be wrong three times; every
/// further miss makes it wait longer, from one second doubling to fifteen minutes. All addresses
/// together have thirty misses, which come back one every two seconds. An attempt counts as a miss
/// from its beginning, so that a crowd of parallel ones gains nothing; a right one takes that back, and
/// frees its address of what the others do for a day. Whoever must wait is not even compared: else a
/// right guess would pass where wrong ones are slow.
/// What was missed is forgotten after an hour. At most 4,096 addresses are remembered, the least
/// recently seen goes first; an IPv6 network of 64 bits is one address. Its owner's mutex protects it.
class Attempts {
  public:
    static constexpr std::size_t kAddressesMax = 4'096;

    /// How long to wait before an attempt; counts nothing.
    std::optional<std::chrono::milliseconds> blocked(const IpAddress& address, SteadyTime now);
    /// Nothing: go ahead, the attempt is counted. Else how long to wait.
    std::optional<std::chrono::milliseconds> begin(const IpAddress& address, SteadyTime now);
    /// The attempt was right after all.
    void right(const IpAddress& address, SteadyTime now);
    std::size_t size() const { return entries_.size(); }

  private:
    struct Entry {
        IpAddress address;
        unsigned misses = 0;
        SteadyTime last{}, open_at{};
        std::optional<SteadyTime> right_at{};
    };
    struct Hash {
        std::size_t operator()(const IpAddress& address) const;
    };
    Entry& entry(const IpAddress& address, SteadyTime now);

    std::list<Entry> order_;  // least recently seen first
    std::unordered_map<IpAddress, std::list<Entry>::iterator, Hash> entries_;
    double common_ = kCommonMisses;  // misses left to all
    SteadyTime common_at_{};
    static constexpr double kCommonMisses = 30;
};

}  // namespace kg::admin
