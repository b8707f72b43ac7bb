#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/base/clock.hpp"

namespace kg::account {

/// Which account a conversation used last: bounded, least recently used first out, forgotten after
/// `ttl` without use. Under the pool's lock.
class StickySessions {
  public:
    explicit StickySessions(std::size_t sessions_max = 65'536) : sessions_max_(sessions_max) {}

    /// The account's id, or "" when there is none. Valid until the next change.
    std::string_view find(std::uint64_t session, SteadyTime now);
    void remember(std::uint64_t session, std::string_view account_id, SteadyTime now,
                  std::chrono::milliseconds ttl);
    void forget(std::uint64_t session);
    void clear();
    std::size_t size() const { return by_session_.size(); }

  private:
    struct Item {
        std::uint64_t session;
        std::string account_id;
        SteadyTime until;
    };
    const std::size_t sessions_max_;
    std::list<Item> order_;  // least recently used first
    std::unordered_map<std::uint64_t, std::list<Item>::iterator> by_session_;
};

}  // namespace kg::account
