#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/account/health.hpp"
#include "core/base/clock.hpp"
#include "core/base/result.hpp"
#include "core/kiro/account.hpp"
#include "core/kiro/failure.hpp"
#include "core/store/records.hpp"

namespace kg::account {

/// The computed state of an account, apart from the administrator's switch.
enum class State : std::uint8_t { unknown, ok, cooling, exhausted, needs_sign_in, suspended };
std::string_view state_name(State state);
State parse_state(std::string_view name);

class Pool;

/// One request's hold on one account: counts as in flight until destroyed. Move-only; must not
/// outlive the pool. Belongs to whoever holds it, any thread.
class Lease {
  public:
    Lease() = default;
    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&& other) noexcept;
    ~Lease();

    explicit operator bool() const { return pool_ != nullptr; }
    const std::string& account_id() const { return id_; }
    /// As of the moment of leasing; after a refresh the keeper hands out a newer one.
    const kiro::Caller& caller() const { return caller_; }
    std::uint64_t token_generation() const { return generation_; }
    /// The token must be refreshed before it is used (expired, absent, or refused).
    bool needs_refresh() const { return needs_refresh_; }
    bool refresh_soon() const { return refresh_soon_; }
    void update(kiro::Caller caller, std::uint64_t generation);

  private:
    friend class Pool;
    Pool* pool_ = nullptr;
    std::string id_;
    kiro::Caller caller_;
    std::uint64_t generation_ = 0;
    bool needs_refresh_ = false;
    bool refresh_soon_ = false;
};

struct LeaseRequest {
    std::string_view wire_model;
    const std::vector<std::string>* allowed_accounts = nullptr;  // ids; null or empty: all
    const std::unordered_set<std::string>* excluded = nullptr;   // already tried
};

/// What `account list`, `status` and readiness report.
struct AccountView {
    std::string id;
    State state = State::unknown;
    std::string reason;
    bool enabled = true;
    int health = 100;
    unsigned in_flight = 0;
    bool usable = false;
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
};

/// Every account and its live state, shared by all threads under one mutex that is never held
/// across I/O or a callback. Cool-downs run on the steady clock; exhaustion dates on the wall
/// clock.
class Pool {
  public:
    Pool(const Clock& clock, PoolOptions options = {}) : clock_(clock), options_(options) {}

    /// Called (outside the lock, on the reporting thread) for each change worth persisting.
    void on_change(std::function<void(const StateChange&)> listener) { listener_ = std::move(listener); }

    /// Replaces the records with what the store holds; live state of accounts that stay is kept,
    /// leases of removed ones stay valid. A stored state newer than ours wins (the CLI reset it).
    void load(const std::vector<store::Account>& accounts);

    /// The healthiest usable account, or why there is none (no_account, accounts_exhausted, ...)
    /// with the time of the soonest recovery.
    Result<Lease> lease(const LeaseRequest& request);

    void report_success(std::string_view id);
    /// Applies the failure table's effect on the account (kiro-upstream 8.2).
    void report_failure(std::string_view id, std::string_view wire_model, const kiro::Failure& failure);
    void report_login_lost(std::string_view id, std::string reason);

    /// New tokens that are already durable.
    void tokens_saved(std::string_view id, const store::Account& record);
    std::optional<store::Account> record(std::string_view id) const;
    std::vector<store::Account> records() const;
    /// Models this account lists; requests for others avoid it. Empty: unknown, try anything.
    void set_models(std::string_view id, std::unordered_set<std::string> wire_models);

    std::vector<AccountView> view() const;
    bool any_usable() const;
    static kiro::Caller caller_of(const store::Account& account);

  private:
    friend class Lease;
    struct Entry {
        store::Account record;
        Health health;
        State state = State::unknown;
        std::string reason;
        SteadyTime cooling_until{};
        WallTime exhausted_until{};
        unsigned in_flight = 0;
        unsigned auth_failures = 0;
        unsigned throttles = 0;  // in a row, for the doubling cool-down
        SteadyTime last_used{};
        std::unordered_set<std::string> models;
        std::unordered_map<std::string, SteadyTime> refused_models;  // until; at most 64
    };
    bool usable(const Entry& entry) const;
    bool serves(const Entry& entry, const LeaseRequest& request) const;
    Error why_none(const LeaseRequest& request) const;
    void release(std::string_view id) noexcept;
    void cool_down(Entry& entry, const kiro::Failure& failure);
    void set_state(Entry& entry, State state, std::string reason, std::int64_t until_ms);

    const Clock& clock_;
    const PoolOptions options_;
    std::function<void(const StateChange&)> listener_;
    mutable std::mutex mutex_;
    std::vector<std::unique_ptr<Entry>> entries_;
    std::unordered_map<std::string, Entry*> by_id_;
    std::vector<StateChange> changes_;  // made under the lock, told after it
};

}  // namespace kg::account
