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
/// first to come is the first to be served. Each says what it wants; what one did not get is not
/// offered to others that want the same, so that an offer costs as many tries as there are different
/// wants. The owner bounds it, with displace() so that no key can fill it alone. Under the pool's lock.
template <class Waiter>
class LeaseQueue {
  public:
    bool empty() const { return by_id_.empty(); }
    std::size_t size() const { return by_id_.size(); }

    void push(std::uint64_t id, std::string_view key, std::string want, Waiter waiter) {
        auto it = by_key_.find(key);
        if (it == by_key_.end()) {
            lines_.push_back({std::string(key), {}});
            it = by_key_.emplace(std::string(key), std::prev(lines_.end())).first;
        }
        auto& line = *it->second;
        auto& wanted = *wants_.try_emplace(std::move(want)).first;
        ++wanted.second.waiters;
        line.waiters.push_back({id, &wanted, std::move(waiter)});
        by_id_.emplace(id, Spot{it->second, std::prev(line.waiters.end())});
    }

    /// Takes it out; nothing when it is not there (any more).
    std::optional<Waiter> erase(std::uint64_t id) {
        const auto it = by_id_.find(id);
        if (it == by_id_.end()) return std::nullopt;
        const Spot spot = it->second;
        std::optional<Waiter> gone(std::move(spot.waiter->waiter));
        remove(spot);
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
        return erase(longest->waiters.back().id);
    }

    /// Offers places to waiters in their order: `serve(waiter)` says whether it took this one. A key
    /// that was served goes behind the others.
    template <class Serve>
    void offer(Serve serve) {
        ++offer_;
        std::size_t refused = 0;
        auto line = lines_.begin();
        while (line != lines_.end() && refused < wants_.size()) {
            auto place = line->waiters.begin();
            for (; place != line->waiters.end(); ++place) {
                auto& want = place->want->second;
                if (want.refused_in == offer_) continue;
                if (serve(place->waiter)) break;
                want.refused_in = offer_;
                ++refused;
            }
            if (place == line->waiters.end()) {  // nothing for this key
                ++line;
                continue;
            }
            const auto served = line;
            lines_.splice(lines_.end(), lines_, served);
            remove(Spot{served, place});
            line = lines_.begin();
        }
    }

  private:
    struct Want {
        std::size_t waiters = 0;
        std::uint64_t refused_in = 0;  // the last offer that had nothing for it
    };
    using Wants = std::unordered_map<std::string, Want>;
    struct Place {
        std::uint64_t id;
        typename Wants::value_type* want;
        Waiter waiter;
    };
    struct Line {
        std::string key;
        std::list<Place> waiters;
    };
    using LineAt = typename std::list<Line>::iterator;
    struct Spot {
        LineAt line;
        typename std::list<Place>::iterator waiter;
    };
    void remove(Spot spot) {
        by_id_.erase(spot.waiter->id);
        if (--spot.waiter->want->second.waiters == 0) wants_.erase(wants_.find(spot.waiter->want->first));
        spot.line->waiters.erase(spot.waiter);
        if (!spot.line->waiters.empty()) return;
        by_key_.erase(spot.line->key);
        lines_.erase(spot.line);
    }

    std::list<Line> lines_;  // whose turn it is first
    StringMap<LineAt> by_key_;
    std::unordered_map<std::uint64_t, Spot> by_id_;
    Wants wants_;
    std::uint64_t offer_ = 0;
};

}  // namespace kg::account
