#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/store/admin_store.hpp"
#include "core/store/history.hpp"
#include "core/store/records.hpp"

namespace kg::store {

/// What became of the accounts since some version.
struct AccountChanges {
    std::vector<Account> changed;  // added or edited, in order of creation
    std::vector<std::string> removed;
    std::size_t total = 0;  // accounts there are now
};

/// Every verb is one atomic intention and durable when it returns (sqlite: WAL with
/// synchronous=FULL for tokens, accounts, keys, settings; NORMAL suffices for usage). Verbs may
/// block: loops use AsyncStore. All are thread-safe. Errors are ErrorKind::store_failed unless said
/// otherwise. Callbacks run inside the transaction: they must be quick and must not call the store
/// again.
class AccountStore {
  public:
    virtual ~AccountStore() = default;
    /// Fails with malformed_request when id or a non-empty name is taken, or for rates that rules.hpp
    /// refuses.
    virtual Result<void> add(const Account& account) = 0;
    virtual Result<std::vector<Account>> list() = 0;
    /// Changes after `version`, a value that Stores::version() once had: as many as there are, not as
    /// many as there are accounts. The latest 10,000 removals are remembered: whoever finds another
    /// number of accounts than `total` must list().
    virtual Result<AccountChanges> changes(std::uint64_t version) = 0;
    virtual Result<std::optional<Account>> find(std::string_view id) = 0;
    /// By id, unique id prefix (4 characters or more), name or e-mail; not_found is nullopt,
    /// several matches are malformed_request.
    virtual Result<std::optional<Account>> select(std::string_view selector) = 0;
    /// Reads, lets `change` edit, writes, in one transaction; false from `change` keeps the row.
    /// Returns false when there is no such account. Tokens may be edited too, which counts as a
    /// rotation (token_generation + 1); the id stays. malformed_request as with add().
    virtual Result<bool> update(std::string_view id, const std::function<bool(Account&)>& change) = 0;
    virtual Result<bool> remove(std::string_view id) = 0;
    /// Commits rotated tokens if the row still has `expected_generation`; false when another writer
    /// was faster (re-read and use its tokens) or the account is gone. An empty refresh token or
    /// profile keeps the old one.
    virtual Result<bool> save_tokens(std::string_view id, std::uint64_t expected_generation,
                                     const Secret& access_token, const Secret& refresh_token,
                                     std::int64_t expires_at_ms, std::string_view profile_arn,
                                     std::int64_t now_ms) = 0;
    virtual Result<bool> set_state(std::string_view id, std::string_view state, std::string_view reason,
                                   std::int64_t since_ms, std::int64_t until_ms) = 0;
    /// One transaction; accounts that are gone are skipped. Does not change version(): health and
    /// quota live in the process that measures them, and are only stored for the next start.
    virtual Result<void> save_health(const std::vector<AccountHealth>& batch) = 0;
    /// One refresher at a time across processes: true when this holder now has the lease.
    virtual Result<bool> claim_refresh(std::string_view id, std::string_view holder, std::int64_t now_ms,
                                       std::int64_t ttl_ms) = 0;
    virtual Result<void> release_refresh(std::string_view id, std::string_view holder) = 0;
};

class KeyStore {
  public:
    virtual ~KeyStore() = default;
    /// malformed_request when id or hash is taken or check_key() refuses a field.
    virtual Result<void> add(const Key& key) = 0;
    virtual Result<std::vector<Key>> list() = 0;
    virtual Result<std::optional<Key>> find_by_hash(const Sha256& hash) = 0;
    virtual Result<std::optional<Key>> select(std::string_view selector) = 0;  // id, id prefix, name
    /// Like AccountStore::update; malformed_request when the new hash is taken or check_key()
    /// refuses a field.
    virtual Result<bool> update(std::string_view id, const std::function<bool(Key&)>& change) = 0;
    virtual Result<bool> remove(std::string_view id) = 0;
    /// Changes whenever a key was added, edited or removed, as Stores::version().
    virtual Result<std::uint64_t> version() = 0;
};

class SettingsStore {
  public:
    virtual ~SettingsStore() = default;
    virtual Result<std::optional<std::string>> get(std::string_view name) = 0;
    virtual Result<void> put(std::string_view name, std::string_view value) = 0;
    /// Writes only if there is no value yet; returns the value that holds afterwards.
    virtual Result<std::string> put_if_absent(std::string_view name, std::string_view value) = 0;
    virtual Result<bool> erase(std::string_view name) = 0;
};

struct UsageTotals {
    std::int64_t requests = 0, errors = 0, input_tokens = 0, output_tokens = 0;
    double credits = 0;
    std::int64_t continuations = 0, cut_tools = 0, repairs = 0, web_searches = 0;
    std::int64_t compressed = 0, summaries = 0, summaries_cached = 0, summaries_failed = 0;
    std::int64_t tokens_saved = 0;
};

class UsageStore {
  public:
    virtual ~UsageStore() = default;
    /// One transaction: appends to the request log, adds to the daily usage by key, account and
    /// model and by minute and hour (HistoryStore), to the key's credits_used, tokens_used and requests, to
    /// the key's use by quarter of an hour, to the counters of all time, and to last_used of key and account.
    /// A request_id that is already there is skipped, so repeating a batch is harmless.
    virtual Result<void> record(const std::vector<RequestRecord>& batch) = 0;
    virtual Result<UsageTotals> totals() = 0;
    /// What a key has used since `from_ms`, which is rounded down to a quarter of an hour: every
    /// time zone in use begins its days at one. Older than forget_use() was told: not known.
    virtual Result<KeyUse> key_use(std::string_view key_id, std::int64_t from_ms) = 0;
    virtual Result<void> forget_use(std::int64_t before_ms) = 0;
    /// The daily usage of these UTC days (both included), by day, key, account, model.
    virtual Result<std::vector<DailyUsage>> daily(std::int64_t first_day, std::int64_t last_day) = 0;
    virtual Result<std::vector<RequestRecord>> recent(std::size_t limit) = 0;  // newest first
    /// Deletes log rows beyond `keep_rows` newest; the daily usage stays.
    virtual Result<void> prune(std::size_t keep_rows) = 0;
};

class SummaryStore {
  public:
    virtual ~SummaryStore() = default;
    /// Those of `keys` that are there and were used since `oldest_ms`, in any order, marked as used
    /// now.
    virtual Result<std::vector<Summary>> find(const std::vector<Sha256>& keys, std::int64_t oldest_ms,
                                              std::int64_t now_ms) = 0;
    virtual Result<void> put(const Summary& summary) = 0;  // replaces
    /// Deletes what was last used before `oldest_ms`, then the longest unused while the texts
    /// (sealed, where the store seals) are larger than `max_bytes` together.
    virtual Result<void> prune(std::int64_t oldest_ms, std::uint64_t max_bytes) = 0;
    virtual Result<std::size_t> count() = 0;
};

class ResponseStore {
  public:
    virtual ~ResponseStore() = default;
    /// Then deletes every answer that has expired by its creation, and the owner's oldest beyond
    /// `keep_max`. An id that is there already is replaced, if it is the owner's.
    virtual Result<void> put(const KeptResponse& response, std::size_t keep_max) = 0;
    /// Nothing when it is not there, has expired or belongs to somebody else.
    virtual Result<std::optional<KeptResponse>> find(std::string_view owner, std::string_view id,
                                                     std::int64_t now_ms) = 0;
    virtual Result<bool> remove(std::string_view owner, std::string_view id) = 0;
    virtual Result<std::size_t> count() = 0;
};

/// The state of one kirogate. version() changes whenever accounts, keys or settings were changed by
/// anybody (this process or another): cheap enough to poll several times a second.
class Stores {
  public:
    virtual ~Stores() = default;
    virtual AccountStore& accounts() = 0;
    virtual KeyStore& keys() = 0;
    virtual SettingsStore& settings() = 0;
    virtual UsageStore& usage() = 0;
    virtual SummaryStore& summaries() = 0;
    virtual ResponseStore& responses() = 0;
    virtual HistoryStore& history() = 0;
    virtual AdminStore& admin() = 0;
    virtual Result<std::uint64_t> version() = 0;
};

}  // namespace kg::store
