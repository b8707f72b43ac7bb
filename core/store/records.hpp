#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/digest.hpp"
#include "core/base/secret.hpp"
#include "core/base/time_zone.hpp"

/// Plain records, as the stores keep them. Times are wall-clock milliseconds.
namespace kg::store {

/// An account's plan in credits, as upstream last told it and as counted since.
struct AccountQuota {
    double limit = 0, used = 0;
    std::int64_t resets_at_ms = 0;
    std::int64_t told_at_ms = 0;
    std::string plan;  // as upstream calls it, "KIRO PRO"; "": not told
    bool operator==(const AccountQuota&) const = default;
};

/// One account (account-manager 1.1). Secrets are plain here and sealed inside the sqlite store.
struct Account {
    std::string id;    // "acc_" + 22 base62 characters
    std::string name;  // unique when not empty; [A-Za-z0-9][A-Za-z0-9._-]{0,63}
    std::string email;
    std::string auth_method;  // "social", "idc", "external-idp", "api-key"
    std::string provider;
    Secret access_token;
    Secret refresh_token;
    std::string client_id;
    Secret client_secret;
    Secret api_key;
    std::string token_endpoint;
    std::string scopes;
    std::string start_url;
    std::string auth_region;  // "" = us-east-1
    std::string api_region;   // "" = derive
    std::string profile_arn;
    std::string machine_id;  // fixed at creation
    std::string proxy;
    std::string note;
    std::string source;       // "add", "import:FILE", "api"
    std::string follow_path;  // not empty: its credentials live in this file of another program, not here
    std::vector<std::string> groups;  // names that keys may be bound to; [A-Za-z0-9][A-Za-z0-9._-]{0,63}
    std::vector<std::string> tags;    // the operator's own labels; named like groups, without effect
    std::int64_t expires_at_ms = 0;   // of the access token; 0 = unknown
    std::int64_t priority = 0;        // lower first
    std::int64_t weight = 1;
    std::int64_t max_concurrency = 0;  // requests at the same time; 0: the configured default
    // What it may be asked in a minute: nothing = the configured default, 0 = no limit.
    std::optional<std::int64_t> requests_per_minute;
    std::optional<std::int64_t> request_burst;  // at once; nothing = requests_per_minute
    std::optional<std::int64_t> tokens_per_minute;
    bool enabled = true;            // the administrator's switch, never touched by the daemon
    std::string state = "unknown";  // computed: unknown, ok, cooling, exhausted, needs-sign-in, suspended
    std::string state_reason;
    std::int64_t state_since_ms = 0;
    std::int64_t state_until_ms = 0;  // cooling, exhausted: when it may serve again; 0 = open end
    std::int64_t health = 80;         // 0 to 100, as of health_at_ms; 80 is neutral
    std::int64_t health_at_ms = 0;
    std::optional<AccountQuota> quota;  // nothing: not known
    std::int64_t created_at_ms = 0;
    std::int64_t last_used_at_ms = 0;
    std::int64_t last_refreshed_at_ms = 0;
    std::uint64_t token_generation = 0;  // +1 at every rotation: compare-and-swap for save_tokens
    bool operator==(const Account&) const = default;
};

/// What the process that uses an account measured of it up to one moment.
struct AccountHealth {
    std::string id;
    std::int64_t health = 80;
    std::int64_t at_ms = 0;
    std::optional<AccountQuota> quota;  // nothing: what is stored stays
};

/// What may be used in one period; nothing = unlimited, 0 = none.
struct Quota {
    std::optional<double> credits;
    std::optional<std::int64_t> tokens;
    bool operator==(const Quota&) const = default;
};

/// One managed key. The key itself is never stored. Tokens are those of the prompt, read from and
/// written to the cache included, and of the answer.
struct Key {
    std::string id;  // "key_" + 22 base62 characters
    std::string name;
    Sha256 key_hash{};   // SHA-256 of the whole key text: lookup index
    std::string prefix;  // "kg-AbCd" for display
    std::string suffix;  // last four characters
    bool enabled = true;
    std::vector<std::string> allowed_models;    // patterns; empty = all
    std::vector<std::string> denied_models;     // patterns; win over the allowed ones
    std::vector<std::string> allowed_accounts;  // account ids
    std::vector<std::string> allowed_groups;    // of accounts; both lists empty = every account
    std::vector<std::string> allowed_networks;  // CIDR; empty = from everywhere
    std::optional<double> credit_limit;         // for ever: nothing = unlimited, 0 = none
    std::optional<std::int64_t> token_limit;
    std::array<Quota, kPeriods> quotas{};  // by Period
    std::string time_zone;                 // where the periods begin; "" = UTC
    std::optional<std::int64_t> expires_at_ms;
    std::optional<std::int64_t> requests_per_minute;
    std::optional<std::int64_t> request_burst;  // at once; nothing = requests_per_minute
    std::optional<std::int64_t> tokens_per_minute;
    std::optional<std::int64_t> streams_max;  // requests in progress
    std::string system_prepend;               // put before or after the system prompt of every request
    std::string system_append;
    std::string thinking;  // effort for requests that say nothing of thinking; "" = the client's choice
    /// Of conversations: "off", "on", or the percentage of the window (1 to 90) above which; "" = as
    /// the gateway is set.
    std::string compression;
    std::string web_search;  // run by the gateway: "off" or "on"; "" = as the gateway is set
    bool strict = false;     // what would be ignored or emulated is refused
    Sha256 old_key_hash{};   // the key before the last rotation, valid until old_key_until_ms
    std::int64_t old_key_until_ms = 0;
    std::int64_t created_at_ms = 0;
    std::int64_t last_used_at_ms = 0;
    double credits_used = 0;
    std::int64_t tokens_used = 0;
    std::int64_t requests = 0;

    bool operator==(const Key&) const = default;
    const Quota& quota(Period period) const { return quotas[static_cast<std::size_t>(period)]; }
    Quota& quota(Period period) { return quotas[static_cast<std::size_t>(period)]; }
};

/// One finished request (seed H1, H2): every counter derives from these.
struct RequestRecord {
    std::string request_id;
    std::int64_t started_at_ms = 0;
    std::string dialect;     // "openai", "anthropic", "cli"
    std::string model;       // as asked
    std::string wire_model;  // as sent
    std::string account_id;  // last one tried
    std::string key_id;      // "" for the proxy key
    bool stream = false;
    std::int64_t status = 0;           // HTTP status the client saw
    std::string error;                 // ErrorKind name, "" when fine
    std::int64_t first_event_ms = -1;  // from start; -1: none
    std::int64_t total_ms = 0;
    std::int64_t attempts = 0;
    std::int64_t input_tokens = 0;
    std::int64_t output_tokens = 0;
    std::int64_t cache_read_tokens = 0;
    std::int64_t cache_write_tokens = 0;
    double credits = 0;
    // Counted in the totals, not kept in the log.
    std::int64_t continuations = 0;  // of a text that broke off
    std::int64_t cut_tools = 0;      // tool calls that were begun and lost
    std::int64_t repairs = 0;        // answers that were not what was demanded, asked for once more
    std::int64_t web_searches = 0;   // that the gateway ran
    std::int64_t compressed = 0;     // 1 when a conversation was sent shorter than it came
    std::int64_t summaries = 0, summaries_cached = 0, summaries_failed = 0;  // that this took
    std::int64_t tokens_saved = 0;
};

/// What a key has used since some time.
struct KeyUse {
    std::int64_t requests = 0;
    std::int64_t tokens = 0;
    double credits = 0;
};

/// Usage of one UTC day by one key on one account with one model (as asked; "" when the request
/// never got as far as a model).
struct DailyUsage {
    std::int64_t day = 0;  // days since 1970-01-01
    std::string key_id;
    std::string account_id;
    std::string model;
    std::int64_t requests = 0;
    std::int64_t errors = 0;
    std::int64_t input_tokens = 0;
    std::int64_t output_tokens = 0;
    std::int64_t cache_read_tokens = 0;
    std::int64_t cache_write_tokens = 0;
    double credits = 0;
};

/// What stands for some turns of a conversation. The key is a hash over tenant, model and the whole
/// text up to the end of those turns, so a summary never changes. The text is sealed at rest.
struct Summary {
    Sha256 key{};
    std::string text;
    std::int64_t used_at_ms = 0;  // last time it was found or put
};

/// An answer that its client may refer to later. The texts are sealed at rest.
struct KeptResponse {
    std::string id;
    std::string owner;         // who alone may see it: a key's or tenant's id, "" for the proxy key
    std::string body;          // the answer as it was given, a JSON object
    std::string conversation;  // up to its end: items, the inside of a JSON array
    std::int64_t created_at_ms = 0;
    std::int64_t expires_at_ms = 0;
};

}  // namespace kg::store
