#include "core/account/pool.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "core/account/pool_session.hpp"

namespace kg::account {
namespace {

using std::chrono::milliseconds;

constexpr std::array<std::string_view, 6> kStateNames{"unknown",       "ok",       "cooling", "exhausted",
                                                      "needs-sign-in", "suspended"};
constexpr int kWokenMax = 64;      // accounts that return at once
constexpr std::size_t kPage = 32;  // accounts of one look under the lock
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
      endpoints_(clock, options.seed, options.endpoint_circuit),
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
    {
        const Session session(*this);
        const auto seed = options_.seed;
        options_ = options;
        options_.seed = seed;
        if (options_.sticky_ttl <= milliseconds::zero()) sticky_.clear();
    }
    for (std::size_t done = 0;;) {
        const Session session(*this);
        const auto at = now();
        const auto end = std::min(done + kPage, entries_.size());
        for (; done < end; ++done) {
            limit(*entries_[done], at);
            place(*entries_[done], at);
            plan_refresh(*entries_[done]);
        }
        if (done >= entries_.size()) return;
    }
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

bool Pool::under_cap(const Entry& entry) const {
    if (recovering(entry) && entry.probes > 0) return false;
    const auto cap = cap_of(entry);
    return cap == 0 || entry.in_flight < cap;
}

/// Gives the account the buckets that it should have.
void Pool::limit(Entry& entry, const Now& at) {
    const auto& own = entry.record;
    const auto requests = own.requests_per_minute
                              ? Rate{*own.requests_per_minute, own.request_burst.value_or(0)}
                              : options_.requests;
    const bool counted = entry.tokens.has_value();
    adapt_bucket(entry.requests, requests, at.steady);
    adapt_bucket(entry.tokens, {own.tokens_per_minute.value_or(options_.tokens_per_minute), 0}, at.steady);
    if (counted != entry.tokens.has_value()) entry.tokens ? ++token_limited_ : --token_limited_;
}

/// When it may take the next request; nothing: now.
std::optional<SteadyTime> Pool::refills_at(Entry& entry, SteadyTime now) {
    auto wait = std::chrono::microseconds::zero();
    if (entry.requests) wait = entry.requests->wait(1, now);
    if (entry.tokens) wait = std::max(wait, entry.tokens->wait(1, now));
    if (wait <= std::chrono::microseconds::zero()) return std::nullopt;
    return now + wait;
}

PoolIndex::Standing Pool::standing_of(const Entry& entry, bool is_usable) {
    using enum PoolIndex::Standing;
    if (is_usable) return usable;
    if (!entry.record.enabled) return disabled;
    switch (entry.state) {
        case State::suspended: return suspended;
        case State::needs_sign_in: return sign_in;
        case State::exhausted: return exhausted;
        default: return cooling;
    }
}

/// Moves the account to where its state says it belongs. After every change of what decides it.
void Pool::place(Entry& entry, const Now& at) {
    std::optional<SteadyTime> wakes;
    std::optional<WallTime> replenished;
    const bool is_usable = usable(entry, at);
    const auto stood = entry.place.standing;
    index_.stand(entry, standing_of(entry, is_usable));
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
    const bool free = is_usable && under_cap(entry);
    const auto refills = free ? refills_at(entry, at.steady) : std::nullopt;
    const bool room = free && !refills;
    const PoolIndex::Rank rank{entry.record.priority,
                               options_.scheduling == Scheduling::priority ? entry.order : 0};
    if (entry.place.group && (!room || entry.place.rank != rank)) index_.erase(entry);
    const bool came = room && !entry.place.group;
    if (came) index_.insert(entry, rank);
    if (is_usable && !room)
        index_.set_full(entry, refills);
    else
        index_.clear_full(entry);
    stirred_ |= came || stood != entry.place.standing;
}

void Pool::unplace(Entry& entry) {
    index_.leave_shelf(entry);
    stirred_ = true;
    if (entry.tokens) --token_limited_;
    if (entry.health_changed) std::erase(measured_, &entry);
    if (entry.refresh_at) refreshes_.erase({*entry.refresh_at, &entry});
    followed_.erase(&entry);
    if (entry.wakes) cooling_.erase({*entry.wakes, &entry});
    if (entry.replenished) exhausted_.erase({*entry.replenished, &entry});
}

/// Lets accounts return whose time has come: a look at the first of each, unless one has.
void Pool::wake(const Now& at) {
    // Those beyond the bound return with the next call: others wait for the lock.
    for (int n = 0; n < kWokenMax && !cooling_.empty() && cooling_.begin()->first <= at.steady; ++n)
        place(*cooling_.begin()->second, at);
    for (int n = 0; n < kWokenMax && !exhausted_.empty() && exhausted_.begin()->first <= at.wall; ++n)
        place(*exhausted_.begin()->second, at);
    const auto& refilling = index_.refilling();
    for (int n = 0; n < kWokenMax && !refilling.empty() && refilling.begin()->first <= at.steady; ++n)
        place(*refilling.begin()->second, at);
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
    plan_refresh(*entry);
}

void Pool::set_models(std::string_view id, const std::unordered_set<std::string>& wire_models) {
    const Session session(*this);
    auto* entry = find(id);
    if (!entry) return;
    const StringSet models(wire_models.begin(), wire_models.end());
    if (entry->place.shelf->models == models) return;
    index_.leave_shelf(*entry);
    index_.take_shelf(*entry, models, entry->record.groups);
    place(*entry, now());
}

std::optional<RateView> Pool::view_of(std::optional<TokenBucket> bucket, SteadyTime now) {
    if (!bucket) return std::nullopt;
    return RateView{
        .per_minute = bucket->per_minute(), .burst = bucket->burst(), .available = bucket->available(now)};
}

AccountView Pool::view_of(const Entry& entry, const Now& at) const {
    const bool is_usable = usable(entry, at);
    AccountView out{.id = entry.record.id,
                    .name = entry.record.name,
                    .state = entry.state,
                    .reason = entry.reason,
                    .since_ms = entry.since_ms,
                    .enabled = entry.record.enabled,
                    .health = static_cast<int>(std::lround(entry.health.score(at.steady))),
                    .in_flight = entry.in_flight,
                    .usable = is_usable,
                    .quota = entry.quota,
                    .circuit = entry.state != State::cooling ? Circuit::closed
                               : is_usable                   ? Circuit::half_open
                                                             : Circuit::open,
                    .recovers_in = {},
                    .probes = entry.probes,
                    .requests = view_of(entry.requests, at.steady),
                    .tokens = view_of(entry.tokens, at.steady),
                    .refills_in = {}};
    if (entry.place.refills && *entry.place.refills > at.steady)
        out.refills_in = std::chrono::ceil<milliseconds>(*entry.place.refills - at.steady);
    if (is_usable || !entry.record.enabled) return out;
    if (entry.state == State::cooling)
        out.recovers_in = std::chrono::ceil<milliseconds>(entry.cooling_until - at.steady);
    if (entry.state == State::exhausted) out.recovers_in = entry.exhausted_until - at.wall;
    return out;
}

std::vector<AccountView> Pool::view() const {
    std::vector<AccountView> out;
    for (;;) {
        auto page = view(out.size(), kPage);
        const bool last = page.size() < kPage;
        std::ranges::move(page, std::back_inserter(out));
        if (last) return out;
    }
}

std::vector<AccountView> Pool::view(std::size_t from, std::size_t count) const {
    std::vector<AccountView> out;
    while (out.size() < count) {
        // Others get the lock between the pages.
        const std::lock_guard lock(mutex_);
        const auto at = now();
        const auto first = std::min(from + out.size(), entries_.size());
        const auto last = std::min({first + kPage, from + count, entries_.size()});
        if (first >= last) break;
        for (auto i = first; i < last; ++i) out.push_back(view_of(*entries_[i], at));
    }
    return out;
}

std::size_t Pool::size() const {
    const std::lock_guard lock(mutex_);
    return entries_.size();
}

bool Pool::any_usable() const {
    const std::lock_guard lock(mutex_);
    const auto at = now();
    return !index_.empty() || index_.full() > 0 ||
           (!cooling_.empty() && cooling_.begin()->first <= at.steady) ||
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

}  // namespace kg::account
