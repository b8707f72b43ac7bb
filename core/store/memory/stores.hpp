#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <unordered_set>

#include "core/store/store.hpp"

/// The reference implementation: what contract/store says, with maps. For tests and `serve --demo`.
namespace kg::store::memory {

struct Lease {
    std::string holder;
    std::int64_t since_ms = 0;
    std::int64_t until_ms = 0;
};

/// Everything, under one mutex.
struct State {
    std::mutex mutex;
    std::uint64_t version = 1;
    std::map<std::string, Account, std::less<>> accounts;
    std::map<std::string, std::uint64_t, std::less<>> account_versions;  // of the last change
    std::deque<std::pair<std::string, std::uint64_t>> removed_accounts;  // oldest first; at most 10,000
    std::map<std::string, Lease, std::less<>> leases;                    // by account id
    std::map<std::string, Key, std::less<>> keys;
    std::uint64_t keys_version = 1;
    std::map<std::string, std::string, std::less<>> settings;
    std::deque<RequestRecord> requests;  // oldest first; prune() bounds it
    std::unordered_set<std::string> request_ids;
    std::map<std::tuple<std::int64_t, std::string, std::string, std::string>, DailyUsage> daily;
    UsageTotals counted;                                              // the counters of all time only
    std::map<std::pair<std::string, std::int64_t>, KeyUse> quarters;  // by key and quarter_of()
    struct Slice {
        UsageStep step;
        std::int64_t at_ms;
        std::string key_id, account_id, model;
        auto operator<=>(const Slice&) const = default;
    };
    std::map<Slice, UsageSums> series;  // HistoryStore::prune() bounds it
    std::map<std::tuple<UsageStep, std::int64_t, std::string>, LatencyCounts> latency;  // and this
    std::int64_t requests_dropped = 0;  // by prune(): the oldest of `requests` has the next number
    std::map<Sha256, AdminSession> admin_sessions;
    std::vector<AdminToken> admin_tokens;
    std::deque<AuditEntry> audit;  // oldest first; prune_audit() bounds it
    std::int64_t audit_seq = 0;
    std::map<Sha256, Summary> summaries;                         // prune() bounds it
    std::map<std::string, KeptResponse, std::less<>> responses;  // by id; put() bounds it
};

class MemoryAccountStore final : public AccountStore {
  public:
    explicit MemoryAccountStore(State& state) : state_(state) {}

    Result<void> add(const Account& account) override;
    Result<std::vector<Account>> list() override;
    Result<AccountChanges> changes(std::uint64_t version) override;
    Result<std::optional<Account>> find(std::string_view id) override;
    Result<std::optional<Account>> select(std::string_view selector) override;
    Result<bool> update(std::string_view id, const std::function<bool(Account&)>& change) override;
    Result<bool> remove(std::string_view id) override;
    Result<bool> save_tokens(std::string_view id, std::uint64_t expected_generation,
                             const Secret& access_token, const Secret& refresh_token,
                             std::int64_t expires_at_ms, std::string_view profile_arn,
                             std::int64_t now_ms) override;
    Result<bool> set_state(std::string_view id, std::string_view state, std::string_view reason,
                           std::int64_t since_ms, std::int64_t until_ms) override;
    Result<void> save_health(const std::vector<AccountHealth>& batch) override;
    Result<bool> claim_refresh(std::string_view id, std::string_view holder, std::int64_t now_ms,
                               std::int64_t ttl_ms) override;
    Result<void> release_refresh(std::string_view id, std::string_view holder) override;

  private:
    bool name_taken(const Account& account) const;
    void changed(std::string_view id);
    State& state_;
};

class MemoryKeyStore final : public KeyStore {
  public:
    explicit MemoryKeyStore(State& state) : state_(state) {}

    Result<void> add(const Key& key) override;
    Result<std::vector<Key>> list() override;
    Result<std::optional<Key>> find_by_hash(const Sha256& hash) override;
    Result<std::optional<Key>> select(std::string_view selector) override;
    Result<bool> update(std::string_view id, const std::function<bool(Key&)>& change) override;
    Result<bool> remove(std::string_view id) override;
    Result<std::uint64_t> version() override;

  private:
    void changed() { ++state_.version, ++state_.keys_version; }
    bool hash_taken(const Key& key) const;
    State& state_;
};

class MemorySettingsStore final : public SettingsStore {
  public:
    explicit MemorySettingsStore(State& state) : state_(state) {}

    Result<std::optional<std::string>> get(std::string_view name) override;
    Result<void> put(std::string_view name, std::string_view value) override;
    Result<std::string> put_if_absent(std::string_view name, std::string_view value) override;
    Result<bool> erase(std::string_view name) override;

  private:
    State& state_;
};

class MemoryUsageStore final : public UsageStore {
  public:
    explicit MemoryUsageStore(State& state) : state_(state) {}

    Result<void> record(const std::vector<RequestRecord>& batch) override;
    Result<UsageTotals> totals() override;
    Result<KeyUse> key_use(std::string_view key_id, std::int64_t from_ms) override;
    Result<void> forget_use(std::int64_t before_ms) override;
    Result<std::vector<DailyUsage>> daily(std::int64_t first_day, std::int64_t last_day) override;
    Result<std::vector<RequestRecord>> recent(std::size_t limit) override;
    Result<void> prune(std::size_t keep_rows) override;

  private:
    State& state_;
};

class MemorySummaryStore final : public SummaryStore {
  public:
    explicit MemorySummaryStore(State& state) : state_(state) {}

    Result<std::vector<Summary>> find(const std::vector<Sha256>& keys, std::int64_t oldest_ms,
                                      std::int64_t now_ms) override;
    Result<void> put(const Summary& summary) override;
    Result<void> prune(std::int64_t oldest_ms, std::uint64_t max_bytes) override;
    Result<std::size_t> count() override;

  private:
    State& state_;
};

class MemoryResponseStore final : public ResponseStore {
  public:
    explicit MemoryResponseStore(State& state) : state_(state) {}

    Result<void> put(const KeptResponse& response, std::size_t keep_max) override;
    Result<std::optional<KeptResponse>> find(std::string_view owner, std::string_view id,
                                             std::int64_t now_ms) override;
    Result<bool> remove(std::string_view owner, std::string_view id) override;
    Result<std::size_t> count() override;

  private:
    State& state_;
};

class MemoryHistoryStore final : public HistoryStore {
  public:
    explicit MemoryHistoryStore(State& state) : state_(state) {}

    Result<std::vector<UsageSlice>> usage(const UsageFilter& filter, UsageBy by,
                                          std::int64_t step_ms) override;
    Result<LatencyCounts> latency(const UsageFilter& filter) override;
    Result<RequestPage> requests(const RequestQuery& query) override;
    Result<void> prune(std::int64_t minutes_before_ms, std::int64_t hours_before_ms,
                       std::size_t rows_max) override;

  private:
    State& state_;
};

class MemoryAdminStore final : public AdminStore {
  public:
    explicit MemoryAdminStore(State& state) : state_(state) {}

    Result<void> put_session(const AdminSession& session, std::size_t keep_max) override;
    Result<std::vector<AdminSession>> sessions() override;
    Result<bool> remove_session(const Sha256& token_hash) override;
    Result<void> remove_sessions() override;
    Result<void> add_token(const AdminToken& token) override;
    Result<std::vector<AdminToken>> tokens() override;
    Result<bool> remove_token(std::string_view id) override;
    Result<void> audit(std::span<const AuditEntry> entries) override;
    Result<AuditPage> audit_log(const AuditQuery& query) override;
    Result<void> prune_audit(std::size_t keep_rows) override;

  private:
    State& state_;
};

class MemoryStores final : public Stores {
  public:
    AccountStore& accounts() override { return accounts_; }
    KeyStore& keys() override { return keys_; }
    SettingsStore& settings() override { return settings_; }
    UsageStore& usage() override { return usage_; }
    SummaryStore& summaries() override { return summaries_; }
    ResponseStore& responses() override { return responses_; }
    HistoryStore& history() override { return history_; }
    AdminStore& admin() override { return admin_; }
    Result<std::uint64_t> version() override;

  private:
    State state_;
    MemoryAccountStore accounts_{state_};
    MemoryKeyStore keys_{state_};
    MemorySettingsStore settings_{state_};
    MemoryUsageStore usage_{state_};
    MemorySummaryStore summaries_{state_};
    MemoryResponseStore responses_{state_};
    MemoryHistoryStore history_{state_};
    MemoryAdminStore admin_{state_};
};

}  // namespace kg::store::memory
