#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/string_hash.hpp"

namespace kg::account {

struct PoolEntry;

/// The accounts that can take a request at this moment, kept up to date on change, so that choosing
/// one does not look at the whole pool (seed E15): accounts that list the same models and are in the
/// same groups share a shelf, and on a shelf the accounts of one rank share a group. A choice looks at one
/// group of the best rank: all of it up to kExactMax accounts, above that at kDraws of them drawn at random,
/// which balances load as well as the whole group would. Beside its groups a shelf keeps its usable accounts
/// that are full: at their cap, or at their limit a minute. insert, erase, set_full, clear_full:
/// O(log accounts). Owns no account. Part of the pool, under its lock.
class PoolIndex {
  public:
    static constexpr std::size_t kExactMax = 64;
    static constexpr std::size_t kDraws = 8;      // acceptable accounts to compare
    static constexpr std::size_t kDrawsMax = 64;  // drawn in vain, then the whole group is looked at

    struct Rank {
        std::int64_t priority = 0;
        std::uint64_t order = 0;  // mode priority: every account has a rank of its own
        friend auto operator<=>(const Rank&, const Rank&) = default;
    };
    using Group = std::vector<PoolEntry*>;
    using Refills = std::set<std::pair<SteadyTime, PoolEntry*>>;  // by when the next request may come
    using Names = std::vector<std::string>;
    /// Why an account serves or does not; each shelf counts them.
    enum class Standing : std::uint8_t { usable, disabled, suspended, sign_in, exhausted, cooling };
    using Counts = std::array<std::size_t, 6>;  // by Standing
    struct Shelf {
        StringSet models;  // empty: not known, anything may be tried
        std::map<Rank, Group> groups;
        Names account_groups;         // that its accounts are in, sorted
        std::size_t accounts = 0;     // that belong to this shelf, in the index or not
        Counts standing{};            // of those
        std::array<Group, 2> capped;  // at their cap; in the second those that have refused a model
        Refills refilling;            // below their cap, at their limit of requests or tokens a minute
        bool serves(std::string_view model) const {
            return models.empty() || model.empty() || models.contains(model);
        }
        bool in_any(const Names* wanted) const {
            if (!wanted || wanted->empty()) return true;
            return std::ranges::any_of(
                *wanted, [&](const auto& name) { return std::ranges::binary_search(account_groups, name); });
        }
    };
    /// Where an account stands; a member of its entry.
    struct Place {
        Shelf* shelf = nullptr;
        Group* group = nullptr;  // null: not in the index
        Rank rank;
        std::size_t position = 0;
        std::optional<Standing> standing;
        Group* capped = nullptr;  // null: not at its cap
        std::size_t capped_position = 0;
        std::optional<SteadyTime> refills;  // its key among those that refill
        bool full() const { return capped || refills; }
    };

    /// Puts the account, which must not be in the index, to those with the same models and groups.
    void take_shelf(PoolEntry& entry, const StringSet& models, const Names& groups);
    void leave_shelf(PoolEntry& entry);
    void stand(PoolEntry& entry, Standing standing);
    /// How many accounts of these groups (null or empty: of all) stand how, and how many of those that are
    /// not disabled do not offer the model, whatever they stand. O(shelves).
    struct Census {
        Counts offering{};
        std::size_t not_offering = 0;
        std::size_t refilling = 0;  // of the usable ones that offer it
    };
    Census census(const Names* groups, std::string_view model) const;

    void insert(PoolEntry& entry, Rank rank);
    void erase(PoolEntry& entry);
    bool empty() const { return size_ == 0; }

    /// Says of a usable account that it can take nothing for now: until it refills, or until a request of
    /// it ends.
    void set_full(PoolEntry& entry, std::optional<SteadyTime> refills);
    void clear_full(PoolEntry& entry);
    std::size_t full() const { return full_; }
    const Refills& refilling() const { return refilling_; }
    /// Whether an acceptable full account of these serves the model. Beyond the first acceptable one only
    /// accounts are looked at that the request was tried on, or that have refused a model lately.
    template <class Accepts>
    bool any_capped(std::string_view model, const Names* groups, Accepts accepts) const;
    /// When the first acceptable account refills that is not at its cap; the cost is the same.
    template <class Accepts>
    std::optional<SteadyTime> first_refill(std::string_view model, const Names* groups,
                                           Accepts accepts) const;

    /// Fills `out` with acceptable accounts of the best rank that has one; leaves it empty when no
    /// account that serves the model, in these groups (null or empty: in any or none), is acceptable.
    template <class Accepts>
    void gather(std::string_view model, const Names* groups, Accepts accepts, std::vector<PoolEntry*>& out);

    void seed(std::uint64_t seed) { random_ = seed; }
    /// Accounts looked at so far by gather; what a choice costs.
    std::uint64_t examined() const { return examined_; }

  private:
    std::uint64_t draw() {  // splitmix64
        std::uint64_t z = random_ += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
    template <class Accepts>
    void gather_from(const std::vector<Group*>& groups, Accepts& accepts, std::vector<PoolEntry*>& out);

    std::map<std::string, Shelf> shelves_;  // by the sorted names of their models and groups
    struct Cursor {
        std::map<Rank, Group>* groups;
        std::map<Rank, Group>::iterator next;
    };
    std::vector<Cursor> cursors_;  // room for gather()
    std::vector<Group*> groups_;
    std::size_t size_ = 0, full_ = 0;
    Refills refilling_;  // of all shelves
    std::uint64_t random_ = 0, examined_ = 0;
};

template <class Accepts>
bool PoolIndex::any_capped(std::string_view model, const Names* wanted, Accepts accepts) const {
    return std::ranges::any_of(shelves_, [&](const auto& item) {
        const Shelf& shelf = item.second;
        if (!shelf.serves(model) || !shelf.in_any(wanted)) return false;
        return std::ranges::any_of(shelf.capped, [&](const Group& group) {
            return std::ranges::any_of(group, [&](const auto* entry) { return accepts(*entry); });
        });
    });
}

template <class Accepts>
std::optional<SteadyTime> PoolIndex::first_refill(std::string_view model, const Names* wanted,
                                                  Accepts accepts) const {
    std::optional<SteadyTime> first;
    for (const auto& [name, shelf] : shelves_) {
        if (!shelf.serves(model) || !shelf.in_any(wanted)) continue;
        for (const auto& [at, entry] : shelf.refilling) {
            if (first && at >= *first) break;
            if (accepts(*entry)) first = at;
        }
    }
    return first;
}

template <class Accepts>
void PoolIndex::gather(std::string_view model, const Names* wanted, Accepts accepts,
                       std::vector<PoolEntry*>& out) {
    out.clear();
    auto& cursors = cursors_;
    cursors.clear();
    for (auto& [name, shelf] : shelves_) {
        if (!shelf.groups.empty() && shelf.serves(model) && shelf.in_any(wanted))
            cursors.push_back({&shelf.groups, shelf.groups.begin()});
    }
    auto& groups = groups_;
    while (out.empty()) {
        const Rank* best = nullptr;
        for (const auto& c : cursors) {
            if (c.next != c.groups->end() && (!best || c.next->first < *best)) best = &c.next->first;
        }
        if (!best) return;
        const Rank rank = *best;
        groups.clear();
        for (auto& c : cursors) {
            if (c.next == c.groups->end() || c.next->first != rank) continue;
            groups.push_back(&c.next->second);
            ++c.next;
        }
        gather_from(groups, accepts, out);
    }
}

template <class Accepts>
void PoolIndex::gather_from(const std::vector<Group*>& groups, Accepts& accepts,
                            std::vector<PoolEntry*>& out) {
    std::size_t total = 0;
    for (const auto* group : groups) total += group->size();
    for (std::size_t drawn = 0; total > kExactMax && drawn < kDrawsMax && out.size() < kDraws; ++drawn) {
        auto at = static_cast<std::size_t>(draw() % total);
        auto group = groups.begin();
        while (at >= (*group)->size()) at -= (*group++)->size();
        PoolEntry* entry = (**group)[at];
        ++examined_;
        if (accepts(*entry)) out.push_back(entry);
    }
    if (!out.empty()) return;
    for (const auto* group : groups) {
        for (auto* entry : *group) {
            ++examined_;
            if (accepts(*entry)) out.push_back(entry);
        }
    }
}

}  // namespace kg::account
