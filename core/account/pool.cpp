#include "core/account/pool.hpp"

#include <algorithm>
#include <array>

#include "core/account/policy.hpp"

namespace kg::account {
namespace {

using std::chrono::milliseconds;

constexpr std::array<std::string_view, 6> kStateNames{"unknown",       "ok",       "cooling", "exhausted",
                                                      "needs-sign-in", "suspended"};

}  // namespace

std::string_view state_name(State state) {
    return kStateNames[static_cast<std::size_t>(state)];
}

State parse_state(std::string_view name) {
    const auto it = std::ranges::find(kStateNames, name);
    return it == kStateNames.end() ? State::unknown : static_cast<State>(it - kStateNames.begin());
}

Lease::Lease(Lease&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)),
      id_(std::move(other.id_)),
      caller_(std::move(other.caller_)),
      generation_(other.generation_),
      needs_refresh_(other.needs_refresh_),
      refresh_soon_(other.refresh_soon_) {}

Lease& Lease::operator=(Lease&& other) noexcept {
    if (this == &other) return *this;
    if (pool_) pool_->release(id_);
    pool_ = std::exchange(other.pool_, nullptr);
    id_ = std::move(other.id_);
    caller_ = std::move(other.caller_);
    generation_ = other.generation_;
    needs_refresh_ = other.needs_refresh_;
    refresh_soon_ = other.refresh_soon_;
    return *this;
}

Lease::~Lease() {
    if (pool_) pool_->release(id_);
}

void Lease::update(kiro::Caller caller, std::uint64_t generation) {
    caller_ = std::move(caller);
    generation_ = generation;
    needs_refresh_ = refresh_soon_ = false;
}

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

void Pool::load(const std::vector<store::Account>& accounts) {
    const std::lock_guard lock(mutex_);
    std::vector<std::unique_ptr<Entry>> old;
    old.swap(entries_);
    by_id_.clear();
    std::unordered_map<std::string_view, std::unique_ptr<Entry>*> known;
    for (auto& entry : old) known.emplace(entry->record.id, &entry);
    for (const auto& account : accounts) {
        std::unique_ptr<Entry> entry;
        if (const auto it = known.find(account.id); it != known.end()) entry = std::move(*it->second);
        const bool fresh = entry == nullptr;
        if (fresh) entry = std::make_unique<Entry>();
        // Somebody else (the CLI, another process) changed the state after we did: theirs holds.
        const bool foreign = fresh || account.state_since_ms > entry->record.state_since_ms;
        const bool new_login = !fresh && account.token_generation != entry->record.token_generation;
        entry->record = account;
        if (foreign) {
            entry->state = parse_state(account.state);
            entry->reason = account.state_reason;
            entry->exhausted_until = wall_from_ms(account.state_until_ms);
            if (entry->state == State::cooling) {
                const auto left = wall_from_ms(account.state_until_ms) - clock_.wall();
                entry->cooling_until = clock_.steady() + std::min<milliseconds>(left, std::chrono::hours(1));
            }
            if (!fresh && entry->state == State::unknown) {
                entry->health.reset();
                entry->auth_failures = entry->throttles = 0;
            }
        }
        if (new_login) entry->auth_failures = 0;
        by_id_.emplace(account.id, entry.get());
        entries_.push_back(std::move(entry));
    }
}

bool Pool::usable(const Entry& entry) const {
    if (!entry.record.enabled) return false;
    switch (entry.state) {
        case State::unknown:
        case State::ok: return true;
        case State::cooling: return clock_.steady() >= entry.cooling_until;
        case State::exhausted: return clock_.wall() >= entry.exhausted_until;
        case State::needs_sign_in:
        case State::suspended: return false;
    }
    return false;
}

bool Pool::serves(const Entry& entry, const LeaseRequest& request) const {
    if (request.allowed_accounts && !request.allowed_accounts->empty() &&
        std::ranges::find(*request.allowed_accounts, entry.record.id) == request.allowed_accounts->end()) {
        return false;
    }
    if (request.excluded && request.excluded->contains(entry.record.id)) return false;
    if (request.wire_model.empty()) return true;
    const std::string model(request.wire_model);
    if (!entry.models.empty() && !entry.models.contains(model)) return false;
    const auto refused = entry.refused_models.find(model);
    return refused == entry.refused_models.end() || clock_.steady() >= refused->second;
}

Result<Lease> Pool::lease(const LeaseRequest& request) {
    const std::lock_guard lock(mutex_);
    std::vector<Candidate> candidates;
    candidates.reserve(entries_.size());
    const auto ready_until = clock_.wall() + options_.expired_margin;
    const auto token_ready = [&](const store::Account& r) {
        return r.auth_method == "api-key" ||
               (!r.access_token.empty() && wall_from_ms(r.expires_at_ms) > ready_until);
    };
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        const Entry& entry = *entries_[i];
        if (!usable(entry) || !serves(entry, request)) continue;
        candidates.push_back({.index = i,
                              .priority = entry.record.priority,
                              .health = entry.health.score(),
                              .in_flight = entry.in_flight,
                              .weight = entry.record.weight,
                              .last_used = entry.last_used,
                              .token_ready = token_ready(entry.record)});
    }
    const auto chosen = choose_healthiest(candidates);
    if (!chosen) return Err(why_none(request));
    Entry& entry = *entries_[*chosen];
    ++entry.in_flight;
    entry.last_used = clock_.steady();
    Lease lease;
    lease.pool_ = this;
    lease.id_ = entry.record.id;
    lease.caller_ = caller_of(entry.record);
    lease.generation_ = entry.record.token_generation;
    lease.needs_refresh_ = !token_ready(entry.record);
    lease.refresh_soon_ = entry.record.auth_method != "api-key" &&
                          wall_from_ms(entry.record.expires_at_ms) < clock_.wall() + options_.refresh_lead;
    return lease;
}

Error Pool::why_none(const LeaseRequest& request) const {
    Error error{.kind = ErrorKind::no_account};
    std::size_t matching = 0, exhausted = 0, suspended = 0, sign_in = 0, disabled = 0, other_model = 0;
    std::optional<milliseconds> soonest;
    const auto recovers_in = [&](milliseconds wait) {
        wait = std::max(wait, milliseconds(1000));
        if (!soonest || wait < *soonest) soonest = wait;
    };
    for (const auto& entry : entries_) {
        LeaseRequest any_model = request;
        any_model.wire_model = {};
        if (!serves(*entry, any_model)) continue;
        ++matching;
        error.detail += entry->record.id + "=";
        if (!entry->record.enabled) {
            ++disabled;
            error.detail += "disabled ";
            continue;
        }
        if (usable(*entry)) {
            ++other_model;
            error.detail += "model-not-offered ";
            continue;
        }
        error.detail += std::string(state_name(entry->state)) + " ";
        switch (entry->state) {
            case State::cooling:
                recovers_in(std::chrono::ceil<milliseconds>(entry->cooling_until - clock_.steady()));
                break;
            case State::exhausted:
                ++exhausted;
                recovers_in(entry->exhausted_until - clock_.wall());
                break;
            case State::suspended: ++suspended; break;
            case State::needs_sign_in: ++sign_in; break;
            default: break;
        }
    }
    error.retry_after = soonest;
    if (matching == 0) {
        error.message = entries_.empty() ? "no account is configured; add one with `kirogate account add`"
                        : request.excluded && !request.excluded->empty()
                            ? "every account failed"
                            : "no account is available to this key";
    } else if (other_model > 0) {
        error.kind = ErrorKind::model_not_found;
        error.message = "no account offers this model";
        error.retry_after.reset();
    } else if (exhausted > 0 && exhausted + disabled + suspended + sign_in == matching) {
        error.kind = ErrorKind::accounts_exhausted;
        error.message = "the credits of every account are used up";
    } else if (suspended == matching) {
        error.kind = ErrorKind::account_suspended;
        error.message = "the provider has restricted every account; contact its support";
    } else {
        error.message = sign_in + disabled + suspended == matching
                            ? "no account is usable: they are disabled or must sign in again"
                            : "every account is cooling down; try again later";
    }
    if (!error.retry_after && error.kind == ErrorKind::no_account)
        error.retry_after = std::chrono::seconds(30);
    return error;
}

void Pool::release(std::string_view id) noexcept {
    const std::lock_guard lock(mutex_);
    if (const auto it = by_id_.find(std::string(id)); it != by_id_.end() && it->second->in_flight > 0) {
        --it->second->in_flight;
    }
}

std::optional<store::Account> Pool::record(std::string_view id) const {
    const std::lock_guard lock(mutex_);
    const auto it = by_id_.find(std::string(id));
    if (it == by_id_.end()) return std::nullopt;
    return it->second->record;
}

std::vector<store::Account> Pool::records() const {
    const std::lock_guard lock(mutex_);
    std::vector<store::Account> out;
    for (const auto& entry : entries_) out.push_back(entry->record);
    return out;
}

void Pool::tokens_saved(std::string_view id, const store::Account& record) {
    const std::lock_guard lock(mutex_);
    const auto it = by_id_.find(std::string(id));
    if (it == by_id_.end() || record.token_generation <= it->second->record.token_generation) return;
    auto& mine = it->second->record;
    mine.access_token = record.access_token;
    mine.refresh_token = record.refresh_token;
    mine.expires_at_ms = record.expires_at_ms;
    mine.profile_arn = record.profile_arn;
    mine.token_generation = record.token_generation;
    mine.last_refreshed_at_ms = record.last_refreshed_at_ms;
}

void Pool::set_models(std::string_view id, std::unordered_set<std::string> wire_models) {
    const std::lock_guard lock(mutex_);
    if (const auto it = by_id_.find(std::string(id)); it != by_id_.end())
        it->second->models = std::move(wire_models);
}

std::vector<AccountView> Pool::view() const {
    const std::lock_guard lock(mutex_);
    std::vector<AccountView> out;
    for (const auto& entry : entries_) {
        out.push_back({.id = entry->record.id,
                       .state = entry->state,
                       .reason = entry->reason,
                       .enabled = entry->record.enabled,
                       .health = entry->health.score(),
                       .in_flight = entry->in_flight,
                       .usable = usable(*entry)});
    }
    return out;
}

bool Pool::any_usable() const {
    const std::lock_guard lock(mutex_);
    return std::ranges::any_of(entries_, [this](const auto& entry) { return usable(*entry); });
}

}  // namespace kg::account
