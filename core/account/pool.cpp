#include "core/account/pool.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/account/pool_session.hpp"

namespace kg::account {
namespace {

using std::chrono::milliseconds;

constexpr std::array<std::string_view, 6> kStateNames{"unknown",       "ok",       "cooling", "exhausted",
                                                      "needs-sign-in", "suspended"};
constexpr std::array<std::string_view, 3> kCircuitNames{"closed", "open", "half-open"};

}  // namespace

std::string_view state_name(State state) {
    return kStateNames[static_cast<std::size_t>(state)];
}

State parse_state(std::string_view name) {
    const auto it = std::ranges::find(kStateNames, name);
    return it == kStateNames.end() ? State::unknown : static_cast<State>(it - kStateNames.begin());
}

std::string_view circuit_name(Circuit circuit) {
    return kCircuitNames[static_cast<std::size_t>(circuit)];
}

Pool::Pool(const Clock& clock, PoolOptions options)
    : clock_(clock),
      options_(options),
      endpoints_(clock, options.seed),
      queue_(std::make_unique<LeaseQueue<Waiter>>()),
      random_(options.seed) {
    index_.seed(options.seed);
}

Pool::~Pool() = default;

kiro::Caller Pool::caller_of(const store::Account& account) {
    kiro::Caller caller;
    caller.auth_method = kiro::parse_auth_method(account.auth_method).value_or(kiro::AuthMethod::social);
    caller.provider = account.provider;
    caller.access_token =
        caller.auth_method == kiro::AuthMethod::api_key ? account.api_key : account.access_token;
    caller.profile_arn = account.profile_arn.empty()
                             ? kiro::default_profile_arn(caller.auth_method, account.provider)
                             : account.profile_arn;
    caller.auth_region = account.auth_region;
    caller.api_region = account.api_region;
    caller.machine_id = account.machine_id;
    caller.proxy = account.proxy;
    return caller;
}

void Pool::configure(const PoolOptions& options) {
    endpoints_.reset();
    const Session session(*this);
    const auto seed = options_.seed;
    options_ = options;
    options_.seed = seed;
    if (options_.sticky_ttl <= milliseconds::zero()) sticky_.clear();
    const auto at = now();
    for (const auto& entry : entries_) place(*entry, at);
}

void Pool::load(const std::vector<store::Account>& accounts) {
    const Session session(*this);
    const auto at = now();
    std::vector<std::unique_ptr<Entry>> old;
    old.swap(entries_);
    StringMap<std::unique_ptr<Entry>*> known;
    for (auto& entry : old) known.emplace(entry->record.id, &entry);
    by_id_.clear();
    for (const auto& account : accounts) {
        std::unique_ptr<Entry> entry;
        if (const auto it = known.find(account.id); it != known.end()) entry = std::move(*it->second);
        const bool fresh = entry == nullptr;
        if (fresh) {
            entry = std::make_unique<Entry>();
            entry->serial = ++serials_;
            entry->health = Health::restored(static_cast<double>(account.health),
                                             at.wall - wall_from_ms(account.health_at_ms), at.steady);
            index_.take_shelf(*entry, {});
        }
        take_state(*entry, account, fresh, at);
        entry->order = entries_.size();
        by_id_.emplace(account.id, entry.get());
        place(*entry, at);
        entries_.push_back(std::move(entry));
    }
    for (const auto& gone : old) {
        if (gone) unplace(*gone);
    }
}

void Pool::take_state(Entry& entry, const store::Account& account, bool fresh, const Now& at) {
    // Somebody else (the CLI, another process) changed the state after we did: theirs holds.
    const bool foreign = fresh || account.state_since_ms > entry.record.state_since_ms;
    const bool new_login = !fresh && account.token_generation != entry.record.token_generation;
    const auto mine = std::exchange(entry.record, account);
    if (!foreign) {  // our own verdict may not have been written when the record was read
        entry.record.state = mine.state;
        entry.record.state_reason = mine.state_reason;
        entry.record.state_since_ms = mine.state_since_ms;
        entry.record.state_until_ms = mine.state_until_ms;
    }
    if (foreign) {
        entry.state = parse_state(account.state);
        entry.reason = account.state_reason;
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

bool Pool::out_for_good(const Entry& entry) const {
    return !entry.record.enabled || entry.state == State::needs_sign_in || entry.state == State::suspended;
}

bool Pool::usable(const Entry& entry, const Now& at) const {
    if (out_for_good(entry)) return false;
    if (entry.state == State::cooling) return at.steady >= entry.cooling_until;
    if (entry.state == State::exhausted) return at.wall >= entry.exhausted_until;
    return true;
}

bool Pool::recovering(const Entry& entry) {
    return entry.state == State::cooling || entry.state == State::exhausted;
}

unsigned Pool::cap_of(const Entry& entry) const {
    const auto own = std::clamp<std::int64_t>(entry.record.max_concurrency, 0, 1'000'000);
    return own > 0 ? static_cast<unsigned>(own) : options_.concurrency_max;
}

bool Pool::has_room(const Entry& entry) const {
    if (recovering(entry) && entry.probes > 0) return false;
    const auto cap = cap_of(entry);
    return cap == 0 || entry.in_flight < cap;
}

/// Moves the account to where its state says it belongs. After every change of what decides it.
void Pool::place(Entry& entry, const Now& at) {
    std::optional<SteadyTime> wakes;
    std::optional<WallTime> replenished;
    const bool is_usable = usable(entry, at);
    if (!is_usable && !out_for_good(entry)) {
        if (entry.state == State::cooling)
            wakes = entry.cooling_until;
        else
            replenished = entry.exhausted_until;
    }
    if (wakes != entry.wakes) {
        if (entry.wakes) cooling_.erase({*entry.wakes, &entry});
        if (wakes) cooling_.emplace(*wakes, &entry);
        entry.wakes = wakes;
    }
    if (replenished != entry.replenished) {
        if (entry.replenished) exhausted_.erase({*entry.replenished, &entry});
        if (replenished) exhausted_.emplace(*replenished, &entry);
        entry.replenished = replenished;
    }
    const bool room = is_usable && has_room(entry);
    const PoolIndex::Rank rank{entry.record.priority,
                               options_.scheduling == Scheduling::priority ? entry.order : 0};
    if (entry.place.group && (!room || entry.place.rank != rank)) index_.erase(entry);
    if (room && !entry.place.group) index_.insert(entry, rank);
    const bool full = is_usable && !room;
    if (full != entry.full) {
        if (full)
            full_.insert(&entry);
        else
            full_.erase(&entry);
        entry.full = full;
    }
}

void Pool::unplace(Entry& entry) {
    index_.leave_shelf(entry);
    full_.erase(&entry);
    if (entry.wakes) cooling_.erase({*entry.wakes, &entry});
    if (entry.replenished) exhausted_.erase({*entry.replenished, &entry});
}

/// Lets accounts return whose time has come: a look at the first of each, unless one has.
void Pool::wake(const Now& at) {
    while (!cooling_.empty() && cooling_.begin()->first <= at.steady) place(*cooling_.begin()->second, at);
    while (!exhausted_.empty() && exhausted_.begin()->first <= at.wall)
        place(*exhausted_.begin()->second, at);
}

Pool::Entry* Pool::find(std::string_view id) const {
    const auto it = by_id_.find(id);
    return it == by_id_.end() ? nullptr : it->second;
}

Pool::Entry* Pool::find(const Lease& lease) const {
    auto* entry = find(lease.id_);
    return entry && entry->serial == lease.serial_ ? entry : nullptr;
}

std::optional<store::Account> Pool::record(std::string_view id) const {
    const std::lock_guard lock(mutex_);
    const auto* entry = find(id);
    if (!entry) return std::nullopt;
    return entry->record;
}

std::vector<store::Account> Pool::records() const {
    const std::lock_guard lock(mutex_);
    std::vector<store::Account> out;
    out.reserve(entries_.size());
    for (const auto& entry : entries_) out.push_back(entry->record);
    return out;
}

void Pool::tokens_saved(std::string_view id, const store::Account& record) {
    const std::lock_guard lock(mutex_);
    auto* entry = find(id);
    if (!entry || record.token_generation <= entry->record.token_generation) return;
    auto& mine = entry->record;
    mine.access_token = record.access_token;
    mine.refresh_token = record.refresh_token;
    mine.expires_at_ms = record.expires_at_ms;
    mine.profile_arn = record.profile_arn;
    mine.token_generation = record.token_generation;
    mine.last_refreshed_at_ms = record.last_refreshed_at_ms;
}

void Pool::set_models(std::string_view id, const std::unordered_set<std::string>& wire_models) {
    const Session session(*this);
    auto* entry = find(id);
    if (!entry) return;
    const StringSet models(wire_models.begin(), wire_models.end());
    if (entry->place.shelf->models == models) return;
    index_.leave_shelf(*entry);
    index_.take_shelf(*entry, models);
    place(*entry, now());
}

std::vector<AccountView> Pool::view() const {
    const std::lock_guard lock(mutex_);
    const auto at = now();
    std::vector<AccountView> out;
    out.reserve(entries_.size());
    for (const auto& entry : entries_) {
        const bool is_usable = usable(*entry, at);
        out.push_back({.id = entry->record.id,
                       .state = entry->state,
                       .reason = entry->reason,
                       .enabled = entry->record.enabled,
                       .health = static_cast<int>(std::lround(entry->health.score(at.steady))),
                       .in_flight = entry->in_flight,
                       .usable = is_usable,
                       .quota = entry->quota,
                       .circuit = entry->state != State::cooling ? Circuit::closed
                                  : is_usable                    ? Circuit::half_open
                                                                 : Circuit::open});
    }
    return out;
}

bool Pool::any_usable() const {
    const std::lock_guard lock(mutex_);
    const auto at = now();
    return !index_.empty() || !full_.empty() || (!cooling_.empty() && cooling_.begin()->first <= at.steady) ||
           (!exhausted_.empty() && exhausted_.begin()->first <= at.wall);
}

std::size_t Pool::waiting() const {
    const std::lock_guard lock(mutex_);
    return queue_->size();
}

std::uint64_t Pool::examined() const {
    const std::lock_guard lock(mutex_);
    return index_.examined();
}

std::vector<store::AccountHealth> Pool::take_changed_health() {
    const std::lock_guard lock(mutex_);
    const auto at = now();
    std::vector<store::AccountHealth> out;
    for (const auto& entry : entries_) {
        if (!std::exchange(entry->health_changed, false)) continue;
        out.push_back({entry->record.id, std::llround(entry->health.score(at.steady)), to_ms(at.wall)});
    }
    return out;
}

}  // namespace kg::account
