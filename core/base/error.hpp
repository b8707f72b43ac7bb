#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kg {

/// Every kind of expected trouble. The table in error.cpp has one row for each: how a client of
/// either dialect is told, and whether its SDK should try again (client-apis 9.2).
enum class ErrorKind : std::uint8_t {
    // The caller's request.
    malformed_request,     // bad JSON, wrong type, missing field
    unsupported,           // a field we cannot honour and must not ignore
    context_too_long,      // larger than the model's window
    body_too_large,        // over the byte limit
    unsupported_encoding,  // Content-Encoding we cannot decode
    route_not_found,
    method_not_allowed,
    unauthenticated,    // no key, wrong key, disabled key
    forbidden,          // the key may not do this
    model_not_allowed,  // the key may not use this model
    model_not_found,
    key_quota_exhausted,  // the managed key's own credit limit
    rate_limited,         // the gateway's own limiter
    // The pool and upstream, after failover.
    no_account,          // no usable account
    accounts_exhausted,  // every account's quota is used up
    account_suspended,   // upstream restricted the account
    upstream_auth,       // an account's login is dead: never the client's 401
    upstream_forbidden,  // plan, region or profile does not allow it
    upstream_throttled,
    upstream_overloaded,  // model capacity
    upstream_rejected,    // upstream calls our request malformed
    upstream_failed,      // 5xx, connection lost, damaged stream
    upstream_timeout,
    content_filtered,
    answer_unfit,  // the model does not answer as the request demands, also when asked again
    // The gateway itself.
    overloaded,  // out of streams or draining
    cancelled,   // the client left
    config_invalid,
    store_failed,
    io_failed,
    internal,
};

/// What a client of each dialect is told about one ErrorKind.
struct ErrorRow {
    ErrorKind kind;
    std::string_view name;  // stable, for logs and the request log
    std::uint16_t openai_status;
    std::uint16_t anthropic_status;
    std::string_view openai_type;
    std::string_view openai_code;  // empty means JSON null
    std::string_view anthropic_type;
    bool permanent;  // send x-should-retry: false
};

const ErrorRow& error_row(ErrorKind kind);
std::string_view error_name(ErrorKind kind);

struct Error {
    ErrorKind kind = ErrorKind::internal;
    std::string message{};  // one plain sentence, safe to show to any client: no token, no account,
                            // no upstream body
    std::string param{};    // JSON path of the offending field, when there is one
    std::string detail{};   // for the log only
    std::string code{};     // overrides the table's OpenAI code, rarely needed
    std::optional<std::chrono::milliseconds> retry_after{};
};

}  // namespace kg
