// Pool, the part that learns what the store holds, and tells what it should hold.
#include <algorithm>
#include <cmath>

#include "core/account/pool_session.hpp"

namespace kg::account {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kPage = 16;  // accounts of one hold of the lock
constexpr std::size_t kHealthPage = 64;
constexpr milliseconds kRefreshedAgainMin{5'000};

}  // namespace

/// Takes over one record; true when an account came, or serves or no longer serves by it.
bool Pool::put(const store::Account& account, const Now& at) {
    auto* entry = find(account.id);
    const bool fresh = entry == nullptr;
    if (fresh) {
        entry = entries_.emplace_back(std::make_unique<Entry>()).get();
        entry->serial = ++serials_;
        entry->order = ++orders_;
        entry->health = Health::restored(static_cast<double>(account.health),
                                         at.wall - wall_from_ms(account.health_at_ms), at.steady);
        entry->quota = restored(account.quota);
        if (entry->quota) {  // not asked again sooner than without the restart
            const auto age = std::max(at.wall - entry->quota->told_at, WallTime::duration{});
            entry->usage_asked = at.steady - std::chrono::duration_cast<milliseconds>(age);
        }
        index_.take_shelf(*entry, {}, account.groups);
    }
    const bool was_out = fresh || out_for_good(*entry);
    take_state(*entry, account, fresh, at);
    by_id_.emplace(account.id, entry);
    limit(*entry, at);
    place(*entry, at);
    if (fresh) settle_quota(*entry, at);
    plan_refresh(*entry);
    return fresh || was_out != out_for_good(*entry);
}

void Pool::drop(std::string_view id) {
    const auto known = by_id_.find(id);
    if (known == by_id_.end()) return;
    Entry* entry = known->second;
    unplace(*entry);
    by_id_.erase(known);
    const auto at =
        std::ranges::lower_bound(entries_, entry->order, {}, [](const auto& e) { return e->order; });
    entries_.erase(at);
}

void Pool::load(const std::vector<store::Account>& accounts) {
    const Session session(*this);
    const auto at = now();
    std::unordered_set<std::string_view> kept;
    for (const auto& account : accounts) kept.insert(account.id);
    std::vector<std::string> gone;
    for (const auto& entry : entries_) {
        if (!kept.contains(entry->record.id)) gone.push_back(entry->record.id);
    }
    for (const auto& id : gone) drop(id);
    for (const auto& account : accounts) put(account, at);
}

bool Pool::apply(const store::AccountChanges& changes) {
    bool moved = false;
    for (std::size_t done = 0; done < changes.removed.size();) {
        const Session session(*this);
        const auto end = std::min(done + kPage, changes.removed.size());
        for (; done < end; ++done) drop(changes.removed[done]);
        moved = true;
    }
    for (std::size_t done = 0; done < changes.changed.size();) {
        const Session session(*this);
        const auto at = now();
        const auto end = std::min(done + kPage, changes.changed.size());
        for (; done < end; ++done) moved |= put(changes.changed[done], at);
    }
    return moved;
}

void Pool::take_state(Entry& entry, const store::Account& account, bool fresh, const Now& at) {
    // Somebody else (the CLI, another process) changed the state after we did: theirs holds.
    const bool foreign = fresh || account.state_since_ms > entry.record.state_since_ms;
    if (!fresh && account.groups != entry.record.groups) {
        const StringSet models = entry.place.shelf->models;
        index_.leave_shelf(entry);
        index_.take_shelf(entry, models, account.groups);
    }
    const bool follows = !account.follow_path.empty();
    const bool new_login = !fresh && !follows && account.token_generation != entry.record.token_generation;
    auto mine = std::exchange(entry.record, account);
    if (!foreign) {  // our own verdict may not have been written when the record was read
        entry.record.state = std::move(mine.state);
        entry.record.state_reason = std::move(mine.state_reason);
        entry.record.state_since_ms = mine.state_since_ms;
        entry.record.state_until_ms = mine.state_until_ms;
    }
    if (follows) {
        followed_.insert(&entry);
        if (!fresh && mine.follow_path == account.follow_path) keep_login(std::move(mine), entry.record);
    } else {
        followed_.erase(&entry);
    }
    if (foreign) {
        entry.state = parse_state(account.state);
        entry.reason = account.state_reason;
        entry.since_ms = account.state_since_ms;
        entry.out_since = {};
        entry.probe_from = SteadyTime::max();
        entry.exhausted_until = wall_from_ms(account.state_until_ms);
        if (entry.state == State::cooling) {
            const auto left = wall_from_ms(account.state_until_ms) - at.wall;
            entry.cooling_until = at.steady + std::min<milliseconds>(left, std::chrono::hours(1));
        }
        if (!fresh && entry.state == State::unknown) {
            entry.health = {};
            entry.window.clear();
            entry.refused_models.clear();
            entry.quota.reset();  // asked anew
            entry.usage_asked.reset();
            entry.auth_failures = entry.throttles = entry.openings = entry.slow = 0;
        }
    }
    if (new_login) entry.auth_failures = 0;
}

void Pool::measured(Entry& entry) {
    if (std::exchange(entry.health_changed, true)) return;
    measured_.push_back(&entry);
}

std::vector<store::AccountHealth> Pool::take_changed_health() {
    std::vector<store::AccountHealth> out;
    std::optional<std::size_t> left;
    do {
        const std::lock_guard lock(mutex_);
        const auto at = now();
        if (!left) left = measured_.size();
        for (std::size_t n = 0; n<kHealthPage&& * left> 0 && !measured_.empty(); ++n, --*left) {
            auto* entry = measured_.front();
            measured_.pop_front();
            entry->health_changed = false;
            out.push_back({entry->record.id, std::llround(entry->health.score(at.steady)), to_ms(at.wall),
                           stored(entry->quota)});
        }
        if (measured_.empty()) break;
    } while (*left > 0);
    return out;
}

/// When the account's token wants to be refreshed ahead of its expiry, if ever.
void Pool::plan_refresh(Entry& entry) {
    std::optional<WallTime> due;
    const auto& record = entry.record;
    if (!out_for_good(entry) && record.auth_method != "api-key") {
        // Up to a fifth of the lead earlier or later, by account: refreshes do not come in herds.
        const auto spread = options_.refresh_lead.count() / 5;
        const auto dice = static_cast<std::int64_t>(std::hash<std::string>{}(record.id) % (1u << 20));
        const auto jitter = milliseconds((dice * 2 * spread >> 20) - spread);
        const auto expires = wall_from_ms(record.expires_at_ms);
        // A token that lives hardly longer than the lead is used for half its life at least.
        const auto before = std::exchange(entry.planned_generation, record.token_generation);
        if (const auto wall = clock_.wall(); before && *before != record.token_generation) {
            const auto half = std::chrono::duration_cast<milliseconds>((expires - wall) / 2);
            entry.not_before = wall + std::max(half, kRefreshedAgainMin);
        }
        due = record.access_token.empty()
                  ? WallTime{}
                  : std::max<WallTime>(expires - options_.refresh_lead - jitter, entry.not_before);
    }
    move_refresh(entry, due);
}

void Pool::move_refresh(Entry& entry, std::optional<WallTime> due) {
    if (due == entry.refresh_at) return;
    if (entry.refresh_at) refreshes_.erase({*entry.refresh_at, &entry});
    if (due) refreshes_.emplace(*due, &entry);
    entry.refresh_at = due;
}

std::vector<std::string> Pool::take_refresh_due(std::size_t max, milliseconds again_in) {
    const std::lock_guard lock(mutex_);
    const auto at = now();
    std::vector<std::string> out;
    while (out.size() < max && !refreshes_.empty() && refreshes_.begin()->first <= at.wall) {
        auto& entry = *refreshes_.begin()->second;
        out.push_back(entry.record.id);
        move_refresh(entry, at.wall + again_in);
    }
    return out;
}

void Pool::postpone_refresh(std::string_view id, milliseconds by) {
    const std::lock_guard lock(mutex_);
    auto* entry = find(id);
    if (entry && entry->refresh_at) move_refresh(*entry, now().wall + by);
}

}  // namespace kg::account
