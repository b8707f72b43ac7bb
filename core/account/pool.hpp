#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/account/endpoint_breakers.hpp"
#include "core/account/lease.hpp"
#include "core/account/lease_queue.hpp"
#include "core/account/policy.hpp"
#include "core/account/pool_entry.hpp"
#include "core/account/sticky_sessions.hpp"
#include "core/base/clock.hpp"
#include "core/base/result.hpp"
#include "core/base/string_hash.hpp"
#include "core/base/token_bucket.hpp"
#include "core/base/unique_function.hpp"
#include "core/credentials/shared_login.hpp"
#include "core/kiro/account.hpp"
#include "core/kiro/failure.hpp"
#include "core/loop/wakeup.hpp"
#include "core/store/records.hpp"
#include "core/store/store.hpp"

namespace kg::account {

/// One of an account's limits a minute, at this moment.
struct RateView {
    std::int64_t per_minute = 0, burst = 0, available = 0;
};

/// What `account list`, `status` and readiness report.
struct AccountView {
    std::string id, name;
    State state = State::unknown;
    std::string reason;
    std::int64_t since_ms = 0;  // of state and reason, wall clock; 0: not known
    bool enabled = true;
    int health = 100;
    unsigned in_flight = 0;
    bool usable = false;
    std::optional<Quota> quota;               // nothing until upstream told it
    Circuit circuit = Circuit::closed;        // open: cooling down; half-open: waits for, or is at, its probe
    std::chrono::milliseconds recovers_in{};  // cooling, exhausted: until it may serve again; else 0
    unsigned probes = 0;                      // under way, to find out whether it works again
    std::optional<RateView> requests, tokens;  // a minute; nothing: no limit
    std::chrono::milliseconds refills_in{};    // until these let the next request through
};

/// A state change that must outlive a restart; the owner writes it to the store.
struct StateChange {
    std::string id;
    State state = State::unknown;
    std::string reason;
    std::int64_t since_ms = 0, until_ms = 0;
};

struct PoolOptions {
    std::chrono::milliseconds refresh_lead{600'000};
    std::chrono::milliseconds expired_margin{60'000};  // a token with less left is not used any more
    Scheduling scheduling = Scheduling::smart;
    unsigned concurrency_max = 0;        // requests at once on an account without a cap of its own; 0: no cap
    Rate requests;                       // a minute, on an account without a rate of its own
    std::int64_t tokens_per_minute = 0;  // likewise; 0: no limit
    std::size_t queue_max = 1'000;       // requests that wait for an account; 0: none does
    std::chrono::milliseconds sticky_ttl{0};  // a conversation stays with its account; 0: off
    WhenExhausted when_exhausted = WhenExhausted::stop;
    double quota_margin = 1;            // credits that `stop` leaves unused
    BreakerOptions endpoint_circuit{};  // fixed at the start
    std::uint64_t seed = 0;             // of sampling and jitter
};

/// Every account and its live state, shared by all threads under one mutex that is held for
/// microseconds, never across I/O or a callback. Cool-downs run on the steady clock; exhaustion dates
/// on the wall clock.
///
/// An account that was out (cooling, exhausted) comes back half-open: one request at a time until the
/// first answer. One that has used up its requests or tokens of a minute gets no more until its buckets
/// refill; prompts are taken from them when an account is leased, answers when it is given back. While every
/// account is cooling, one request at a time for the whole pool may ask the one that comes back soonest, when
/// it has rested for half its pause and at least 30 s, and never before a Retry-After of upstream is over.
class Pool {
  public:
    explicit Pool(const Clock& clock, PoolOptions options = {});
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;
    ~Pool();

    /// Called (outside the lock, on the reporting thread) for each change worth persisting.
    void on_change(std::function<void(const StateChange&)> listener) { listener_ = std::move(listener); }
    /// Changed settings; also the operator's reset of the endpoints' circuits.
    void configure(const PoolOptions& options);

    /// Replaces the records with what the store holds; live state of accounts that stay is kept,
    /// leases of removed ones stay valid. A stored state newer than ours wins (the CLI reset it).
    void load(const std::vector<store::Account>& accounts);
    /// The same for what changed, a few accounts at a time between which others get the lock. True when
    /// an account came or went, or was switched on or off.
    bool apply(const store::AccountChanges& changes);

    /// The account that the scheduling mode prefers, or why there is none (no_account,
    /// accounts_exhausted, ...) with the time of the soonest recovery. `overloaded` means that
    /// accounts are at their caps, or will have refilled within the request's patience: wait() may help.
    Result<Lease> lease(const LeaseRequest& request);

    /// On the door's loop, once: an account, or why none will come.
    using LeaseReply = UniqueFunction<void(Result<Lease>)>;
    /// Queues for an account; `overloaded` when the queue is full, unless the last of a key that fills it
    /// can be told so instead. The reply may already be on its
    /// way when the ticket is destroyed: the receiver drops it then.
    Result<LeaseTicket> wait(const LeaseRequest& request, loop::Wakeup::Door door, LeaseReply reply);
    /// Serves those who wait for an account whose pause has ended meanwhile; call it from a timer.
    void tick();
    /// What is told to those who waited in vain: overloaded, with the time when it is worth another try.
    Error why_busy(const LeaseRequest& request) const;
    /// Whether any account limits tokens, so that requests must say how many they bring.
    bool counts_tokens() const { return token_limited_.load(std::memory_order_relaxed) > 0; }

    // What became of an attempt that began at `began`. Attempts that began before the account went out
    // tell nothing new about it.
    void report_first_event(const Lease& lease, SteadyTime began);
    /// `credits`: what upstream metered for the answer.
    void report_success(const Lease& lease, SteadyTime began, double credits = 0);
    /// Applies the failure table's effect on the account (kiro-upstream 8.2); false when it is out now,
    /// or gone.
    bool report_failure(const Lease& lease, SteadyTime began, std::string_view wire_model,
                        const kiro::Failure& failure);
    // The same for an attempt that began just now.
    void report_success(std::string_view id);
    void report_failure(std::string_view id, std::string_view wire_model, const kiro::Failure& failure);
    /// A token was refreshed or accepted: what is unknown or lost is in service again.
    void report_login_works(std::string_view id);
    /// `gone`: there was no file to read it from, as opposed to a refused one: it is found again when the
    /// file comes back, even with the tokens that were known.
    void report_login_lost(std::string_view id, std::string reason, bool gone = false);

    /// New tokens that are already durable.
    void tokens_saved(std::string_view id, const store::Account& record);
    /// What a followed file says (store::Account::follow_path), and the account's record after it. Other
    /// tokens than the known ones are a rotation, and end a lost login.
    std::optional<store::Account> login_read(std::string_view id, const credentials::SharedLogin& login);
    struct Followed {
        std::string id, path;
        bool gone = false;  // the login was lost because there was no file
    };
    std::vector<Followed> followed() const;
    std::optional<store::Account> record(std::string_view id) const;
    std::vector<store::Account> records() const;
    /// At most `max` accounts whose token is to be refreshed ahead of its expiry, soonest first; they
    /// are told again after `again_in` unless a new token came. Costs what it tells.
    std::vector<std::string> take_refresh_due(std::size_t max, std::chrono::milliseconds again_in);
    void postpone_refresh(std::string_view id, std::chrono::milliseconds by);
    /// Models this account lists; requests for others avoid it. Empty: unknown, try anything.
    void set_models(std::string_view id, const std::unordered_set<std::string>& wire_models);

    /// What upstream says of an account's plan. An account that was exhausted and has credits again
    /// comes back half-open.
    void set_quota(std::string_view id, const Quota& quota);
    /// The next account to ask for its usage, marked as asked: in use, and not asked for `ttl`.
    std::optional<store::Account> next_usage_due(std::chrono::milliseconds ttl);

    std::vector<AccountView> view() const;
    /// `count` accounts in order of creation, from the `from`-th on.
    std::vector<AccountView> view(std::size_t from, std::size_t count) const;
    std::size_t size() const;
    bool any_usable() const;
    std::size_t waiting() const;
    /// Accounts looked at by all choices so far.
    std::uint64_t examined() const;
    /// Health and quota that changed since the last call, for the store.
    std::vector<store::AccountHealth> take_changed_health();

    EndpointBreakers& endpoints() { return endpoints_; }
    static kiro::Caller caller_of(const store::Account& account);

  private:
    friend class Lease;
    friend class LeaseTicket;
    using Entry = PoolEntry;
    struct Now {
        SteadyTime steady;
        WallTime wall;
    };
    struct Waiter;
    struct Grant;
    class Session;  // holds the lock; what it leads to is told after it

    Now now() const { return {clock_.steady(), clock_.wall()}; }
    Entry* find(std::string_view id) const;
    Entry* find(const Lease& lease) const;

    // Where accounts stand (pool.cpp).
    bool out_for_good(const Entry& entry) const;
    bool usable(const Entry& entry, const Now& now) const;
    static bool recovering(const Entry& entry);
    AccountView view_of(const Entry& entry, const Now& now) const;
    static std::optional<RateView> view_of(std::optional<TokenBucket> bucket, SteadyTime now);
    bool under_cap(const Entry& entry) const;
    unsigned cap_of(const Entry& entry) const;
    void limit(Entry& entry, const Now& now);
    static std::optional<SteadyTime> refills_at(Entry& entry, SteadyTime now);
    static PoolIndex::Standing standing_of(const Entry& entry, bool is_usable);
    void place(Entry& entry, const Now& now);
    void unplace(Entry& entry);
    static void keep_login(store::Account&& from, store::Account& to);
    void take_state(Entry& entry, const store::Account& record, bool fresh, const Now& now);
    void wake(const Now& now);
    bool put(const store::Account& account, const Now& now);
    void drop(std::string_view id);
    void plan_refresh(Entry& entry);
    void move_refresh(Entry& entry, std::optional<WallTime> due);
    void measured(Entry& entry);

    // Choosing (pool_lease.cpp).
    static bool acceptable(const Entry& entry, const LeaseRequest& request, const Now& now);
    static bool offers_model(const Entry& entry, const LeaseRequest& request, const Now& now);
    static bool allowed(const Entry& entry, const LeaseRequest& request);
    static bool in_groups(const Entry& entry, const LeaseRequest& request);
    Candidate candidate_of(const Entry& entry, std::size_t index, const Now& now) const;
    TokenState token_of(const store::Account& record, WallTime now) const;
    Entry* sticky(const LeaseRequest& request, const Now& now);
    Entry* pick(const LeaseRequest& request, const Now& now);
    Entry* least_bad(const LeaseRequest& request, const Now& now);
    bool capped(const LeaseRequest& request, const Now& now) const;
    std::optional<SteadyTime> first_refill(const LeaseRequest& request, const Now& now) const;
    bool busy(const LeaseRequest& request, const Now& now) const;
    Error busy_error(const LeaseRequest& request, const Now& now, std::string message) const;
    Lease take(Entry& entry, const LeaseRequest& request, Lease::Probe probe, const Now& now);
    std::optional<Result<Lease>> try_lease(const LeaseRequest& request, const Now& now);
    void serve_waiting(const Now& now, std::vector<Grant>& grants);
    void release(const Lease& lease) noexcept;
    void send_again(const Lease& lease);
    void settle_rates(Entry& entry, const Lease& lease, SteadyTime now);
    void cancel(std::uint64_t ticket) noexcept;
    struct Shortage;
    Shortage shortage(const LeaseRequest& request, const Now& now) const;
    Error why_none(const LeaseRequest& request, const Now& now) const;

    // Learning (pool_report.cpp).
    void succeeded(Entry& entry, SteadyTime began, const Now& now);
    void recovered(Entry& entry, const Now& now);
    void failed(Entry& entry, SteadyTime began, std::string_view wire_model, const kiro::Failure& failure,
                const Now& now);
    void cool_down(Entry& entry, const kiro::Failure& failure, const Now& now);
    void open_circuit(Entry& entry, const kiro::Failure& failure, const Now& now);
    void set_state(Entry& entry, State state, std::string reason, std::int64_t until_ms, const Now& now);
    static std::optional<Quota> restored(const std::optional<store::AccountQuota>& quota);
    static std::optional<store::AccountQuota> stored(const std::optional<Quota>& quota);
    void settle_quota(Entry& entry, const Now& now);
    double luck();

    const Clock& clock_;
    PoolOptions options_;
    std::function<void(const StateChange&)> listener_;
    EndpointBreakers endpoints_;  // has a lock of its own

    mutable std::mutex mutex_;
    std::vector<std::unique_ptr<Entry>> entries_;  // in order of creation
    StringMap<Entry*> by_id_;
    PoolIndex index_;                                  // usable, with room or full
    std::set<std::pair<SteadyTime, Entry*>> cooling_;  // by the end of the pause
    std::set<std::pair<WallTime, Entry*>> exhausted_;  // by the date of the new quota
    std::unordered_set<Entry*> followed_;              // whose login lives in another program's file
    std::set<std::pair<WallTime, Entry*>> refreshes_;  // by the time their token wants a refresh
    std::deque<Entry*> measured_;                      // with health or quota to be stored
    StickySessions sticky_;
    std::unique_ptr<LeaseQueue<Waiter>> queue_;
    std::vector<StateChange> changes_;  // made under the lock, told after it
    std::vector<Entry*> gathered_;      // room for pick()
    std::vector<Candidate> candidates_;
    std::size_t usage_cursor_ = 0;  // where next_usage_due goes on
    bool probing_early_ = false;
    bool stirred_ = false;  // since the waiters were looked at: one of them may have what it waits for
    std::atomic<std::size_t> token_limited_ = 0;  // accounts; written under the lock
    double first_event_ms_ = 0;                   // usual, over all accounts
    std::uint64_t serials_ = 0, orders_ = 0, tickets_ = 0, random_;
};

}  // namespace kg::account
