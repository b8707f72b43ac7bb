#include "core/account/pool_index.hpp"

#include <algorithm>
#include <cassert>

#include "core/account/pool_entry.hpp"

namespace kg::account {

void PoolIndex::take_shelf(PoolEntry& entry, const StringSet& models, const Names& groups) {
    assert(!entry.place.shelf);
    std::vector<std::string_view> names(models.begin(), models.end());
    std::ranges::sort(names);
    std::string key;
    for (const auto name : names) key.append(name) += '\n';
    Names sorted = groups;
    std::ranges::sort(sorted);
    for (const auto& name : sorted) key.append("\n").append(name);
    const auto [it, fresh] = shelves_.try_emplace(std::move(key));
    if (fresh) {
        it->second.models = models;
        it->second.account_groups = std::move(sorted);
    }
    ++it->second.accounts;
    entry.place.shelf = &it->second;
}

void PoolIndex::leave_shelf(PoolEntry& entry) {
    if (!entry.place.shelf) return;
    erase(entry);
    clear_full(entry);
    Shelf* shelf = std::exchange(entry.place.shelf, nullptr);
    if (entry.place.standing) --shelf->standing[static_cast<std::size_t>(*entry.place.standing)];
    entry.place.standing.reset();
    if (--shelf->accounts > 0) return;
    std::erase_if(shelves_, [shelf](const auto& item) { return &item.second == shelf; });
}

void PoolIndex::stand(PoolEntry& entry, Standing standing) {
    auto& place = entry.place;
    assert(place.shelf);
    if (place.standing == standing) return;
    if (place.standing) --place.shelf->standing[static_cast<std::size_t>(*place.standing)];
    ++place.shelf->standing[static_cast<std::size_t>(standing)];
    place.standing = standing;
}

PoolIndex::Census PoolIndex::census(const Names* groups, std::string_view model) const {
    Census out;
    for (const auto& [name, shelf] : shelves_) {
        if (!shelf.in_any(groups)) continue;
        for (std::size_t i = 0; i < out.offering.size(); ++i) {
            const bool counts = shelf.serves(model) || static_cast<Standing>(i) == Standing::disabled;
            (counts ? out.offering[i] : out.not_offering) += shelf.standing[i];
        }
        if (shelf.serves(model)) out.refilling += shelf.refilling.size();
    }
    return out;
}

void PoolIndex::insert(PoolEntry& entry, Rank rank) {
    auto& place = entry.place;
    assert(place.shelf && !place.group);
    auto& group = place.shelf->groups[rank];
    place.rank = rank;
    place.group = &group;
    place.position = group.size();
    group.push_back(&entry);
    ++size_;
}

void PoolIndex::erase(PoolEntry& entry) {
    auto& place = entry.place;
    if (!place.group) return;
    auto& group = *place.group;
    group[place.position] = group.back();
    group[place.position]->place.position = place.position;
    group.pop_back();
    --size_;
    if (group.empty()) place.shelf->groups.erase(place.rank);
    place.group = nullptr;
}

void PoolIndex::set_full(PoolEntry& entry, std::optional<SteadyTime> refills) {
    auto& place = entry.place;
    assert(place.shelf);
    if (refills ? place.refills == refills : place.capped != nullptr) return;
    clear_full(entry);
    ++full_;
    if (refills) {
        place.refills = refills;
        place.shelf->refilling.emplace(*refills, &entry);
        refilling_.emplace(*refills, &entry);
        return;
    }
    place.capped = &place.shelf->capped[entry.refused_models.empty() ? 0 : 1];
    place.capped_position = place.capped->size();
    place.capped->push_back(&entry);
}

void PoolIndex::clear_full(PoolEntry& entry) {
    auto& place = entry.place;
    if (!place.full()) return;
    --full_;
    if (place.refills) {
        place.shelf->refilling.erase({*place.refills, &entry});
        refilling_.erase({*place.refills, &entry});
        place.refills.reset();
        return;
    }
    auto& group = *place.capped;
    group[place.capped_position] = group.back();
    group[place.capped_position]->place.capped_position = place.capped_position;
    group.pop_back();
    place.capped = nullptr;
}

}  // namespace kg::account
