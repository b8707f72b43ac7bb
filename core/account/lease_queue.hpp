#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/base/string_hash.hpp"

namespace kg::account {

/// Requests that wait for an account, fair between keys: keys take turns, and within a key the
/// first to come is the first to be served. The owner bounds it, with displace() so that no key can
/// fill it alone. Under the pool's lock.
template <class Waiter>
class LeaseQueue {
  public:
    bool empty() const { return by_id_.empty(); }
    std::size_t size() const { return by_id_.size(); }

    void push(std::uint64_t id, std::string_view key, Waiter waiter) {
        auto it = by_key_.find(key);
        if (it == by_key_.end()) {
            lines_.push_back({std::string(key), {}});
            it = by_key_.emplace(std::string(key), std::prev(lines_.end())).first;
        }
        auto& line = *it->second;
        line.waiters.emplace_back(id, std::move(waiter));
        by_id_.emplace(id, Spot{it->second, std::prev(line.waiters.end())});
    }

    /// Takes it out; nothing when it is not there (any more).
    std::optional<Waiter> erase(std::uint64_t id) {
        const auto it = by_id_.find(id);
        if (it == by_id_.end()) return std::nullopt;
        const Spot spot = it->second;
        std::optional<Waiter> gone(std::move(spot.waiter->second));
        remove(spot, id);
        return gone;
    }

    /// Makes room for one more of `key`: takes out the last of the key that most wait for, if that is
    /// more than would then wait for `key`.
    std::optional<Waiter> displace(std::string_view key) {
        const auto own = by_key_.find(key);
        const std::size_t then = own == by_key_.end() ? 1 : own->second->waiters.size() + 1;
        const auto longest =
            std::ranges::max_element(lines_, {}, [](const Line& line) { return line.waiters.size(); });
        if (longest == lines_.end() || longest->waiters.size() <= then) return std::nullopt;
        return erase(longest->waiters.back().first);
    }

    /// Offers places to waiters in their order until `serve` has had its fill: `serve(waiter)` says
    /// whether it took this one; `more()` whether there is anything left to give. A key that was
    /// served goes behind the others.
    template <class Serve, class More>
    void offer(Serve serve, More more) {
        auto line = lines_.begin();
        while (line != lines_.end() && more()) {
            auto waiter = line->waiters.begin();
            while (waiter != line->waiters.end() && !serve(waiter->second)) ++waiter;
            if (waiter == line->waiters.end()) {  // nothing for this key
                ++line;
                continue;
            }
            const auto served = line;
            lines_.splice(lines_.end(), lines_, served);
            remove(Spot{served, waiter}, waiter->first);
            line = lines_.begin();
        }
    }

  private:
    struct Line {
        std::string key;
        std::list<std::pair<std::uint64_t, Waiter>> waiters;
    };
    using LineAt = typename std::list<Line>::iterator;
    struct Spot {
        LineAt line;
        typename std::list<std::pair<std::uint64_t, Waiter>>::iterator waiter;
    };
    void remove(Spot spot, std::uint64_t id) {
        by_id_.erase(id);
        spot.line->waiters.erase(spot.waiter);
        if (!spot.line->waiters.empty()) return;
        by_key_.erase(spot.line->key);
        lines_.erase(spot.line);
    }

    std::list<Line> lines_;  // whose turn it is first
    StringMap<LineAt> by_key_;
    std::unordered_map<std::uint64_t, Spot> by_id_;
};

}  // namespace kg::account
