#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kg::hooks {

enum class EventKind : std::uint8_t {
    account_needs_sign_in,  // its refresh token is refused
    account_exhausted,      // its plan is used up
    account_suspended,      // by upstream, until an operator lifts it
    key_near_limit,         // of one of its budgets
    pool_down,              // no account can take a request
};
/// "account.needs-sign-in", "account.exhausted", "account.suspended", "key.near-limit", "pool.down".
std::string_view event_name(EventKind kind);

/// What an operator is told of: a change, not a state.
struct Event {
    EventKind kind = EventKind::pool_down;
    std::string subject{};  // id of the account or key; "" for the pool
    std::string name{};     // what the operator calls it; may be empty
    std::string reason{};   // one sentence without secrets; may be empty
    std::int64_t at_ms = 0;
};
/// The JSON object that hooks are given: id, event, at (milliseconds), subject, name, reason.
std::string event_json(const Event& event, std::string_view id);

}  // namespace kg::hooks
