#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "core/base/result.hpp"
#include "core/store/records.hpp"
#include "core/store/store.hpp"

/// What is true of every store, so that no implementation has its own opinion.
namespace kg::store {

/// malformed_request: "there is already an account with the name ...".
Error taken_error(std::string_view what, std::string_view field, std::string_view value);
Error missing_id_error(std::string_view what);

/// Completes an edit made by AccountStore::update: the id stays, and edited tokens count as a
/// rotation, so that a refresh that was in flight during a new sign-in cannot overwrite it.
void settle_edit(const Account& before, Account& after);
void settle_edit(const Key& before, Key& after);

/// Why a key's record must not be stored: a negative limit, an unknown zone, a broken address range
/// or pattern; malformed_request with the field in `param`.
Result<void> check_key(const Key& key);

/// The same of an account: a rate that no bucket can count. Only what is said here is looked at.
Result<void> check_account(const Account& account);

/// What Key::compression says; nothing when it is neither of its words nor a percentage it may be.
struct KeyCompression {
    std::optional<bool> enabled;      // nothing: as the gateway is set
    std::optional<unsigned> percent;  // of the model's window
};
std::optional<KeyCompression> compression_of(std::string_view text);

/// The quarter of an hour since 1970 that a request or a window's begin belongs to.
std::int64_t quarter_of(std::int64_t ms);
std::int64_t tokens_of(const DailyUsage& usage);
inline std::int64_t tokens_of(const RequestRecord& record) {
    return record.input_tokens + record.output_tokens + record.cache_read_tokens + record.cache_write_tokens;
}

/// The contribution of one request to the daily usage.
DailyUsage daily_usage_of(const RequestRecord& record);
void add(DailyUsage& sum, const DailyUsage& part);

/// What is only counted: how it is called, in a record, and in the totals.
struct Counter {
    std::string_view name;
    std::int64_t RequestRecord::*in_record;
    std::int64_t UsageTotals::*in_totals;
};
std::span<const Counter> counters();

/// A lease written by a clock that has since been set back by more than this is void; otherwise a
/// wrong clock could lock an account's refresh for years.
inline constexpr std::int64_t kLeaseClockSlackMs = 60'000;

}  // namespace kg::store
