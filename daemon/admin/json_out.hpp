#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/account/pool.hpp"
#include "core/json/writer.hpp"
#include "core/store/store.hpp"

/// Records as the admin API writes them: the seed's field names (1.5, 1.6), camelCase throughout, times
/// in milliseconds, what is absent as null. No secret ever.
namespace kg::admin {

void write_texts(json::Writer& w, std::string_view name, const std::vector<std::string>& items);
void write_time(json::Writer& w, std::string_view name, std::int64_t at_ms);     // 0: null
void write_text(json::Writer& w, std::string_view name, std::string_view text);  // "": null

/// What is known of an account beside its record.
struct AccountLive {
    const account::AccountView* view = nullptr;  // null: the pool does not know it yet
    store::UsageSums day{};                      // of the last 24 hours
};
/// What upstream calls its plan; "": not told yet.
std::string plan_of(const store::Account& account, const AccountLive& live);
void write_account(json::Writer& w, const store::Account& account, const AccountLive& live);
void write_key(json::Writer& w, const store::Key& key);
void write_request(json::Writer& w, const store::RequestRecord& record);
void write_sums(json::Writer& w, const store::UsageSums& sums);

/// Names one state of what people edit, not of its counters: for ETag and If-Match (seed I6).
std::string etag_of(const store::Account& account);
std::string etag_of(const store::Key& key);

}  // namespace kg::admin
