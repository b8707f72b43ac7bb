#include "core/base/error.hpp"

#include <array>
#include <cassert>

namespace kg {
namespace {

using enum ErrorKind;

constexpr std::array kRows = std::to_array<ErrorRow>({
    {malformed_request, "malformed_request", 400, 400, "invalid_request_error", "", "invalid_request_error",
     true},
    {unsupported, "unsupported", 400, 400, "invalid_request_error", "unsupported_value",
     "invalid_request_error", true},
    {context_too_long, "context_too_long", 400, 400, "invalid_request_error", "context_length_exceeded",
     "invalid_request_error", true},
    {body_too_large, "body_too_large", 413, 413, "invalid_request_error", "request_too_large",
     "request_too_large", true},
    {unsupported_encoding, "unsupported_encoding", 415, 415, "invalid_request_error", "",
     "invalid_request_error", true},
    {route_not_found, "route_not_found", 404, 404, "invalid_request_error", "", "not_found_error", true},
    {method_not_allowed, "method_not_allowed", 405, 405, "invalid_request_error", "", "invalid_request_error",
     true},
    {unauthenticated, "unauthenticated", 401, 401, "invalid_request_error", "invalid_api_key",
     "authentication_error", true},
    {forbidden, "forbidden", 403, 403, "invalid_request_error", "permission_denied", "permission_error",
     true},
    {model_not_allowed, "model_not_allowed", 403, 403, "invalid_request_error", "model_not_allowed",
     "permission_error", true},
    {model_not_found, "model_not_found", 404, 404, "invalid_request_error", "model_not_found",
     "not_found_error", true},
    {key_quota_exhausted, "key_quota_exhausted", 429, 429, "insufficient_quota", "insufficient_quota",
     "rate_limit_error", true},
    {rate_limited, "rate_limited", 429, 429, "rate_limit_error", "rate_limit_exceeded", "rate_limit_error",
     false},
    {no_account, "no_account", 503, 503, "server_error", "server_overloaded", "overloaded_error", false},
    {accounts_exhausted, "accounts_exhausted", 429, 402, "insufficient_quota", "insufficient_quota",
     "billing_error", true},
    {account_suspended, "account_suspended", 403, 403, "server_error", "account_suspended",
     "permission_error", true},
    {upstream_auth, "upstream_auth", 503, 503, "server_error", "upstream_auth", "api_error", false},
    {upstream_forbidden, "upstream_forbidden", 403, 403, "server_error", "upstream_forbidden",
     "permission_error", true},
    {upstream_throttled, "upstream_throttled", 429, 429, "rate_limit_error", "rate_limit_exceeded",
     "rate_limit_error", false},
    {upstream_overloaded, "upstream_overloaded", 503, 529, "server_error", "server_overloaded",
     "overloaded_error", false},
    {upstream_rejected, "upstream_rejected", 400, 400, "invalid_request_error", "", "invalid_request_error",
     true},
    {upstream_failed, "upstream_failed", 503, 503, "server_error", "", "api_error", false},
    {upstream_timeout, "upstream_timeout", 504, 504, "server_error", "timeout", "timeout_error", false},
    {content_filtered, "content_filtered", 400, 400, "invalid_request_error", "content_filter",
     "invalid_request_error", true},
    {answer_unfit, "answer_unfit", 500, 500, "server_error", "answer_unfit", "api_error", true},
    {overloaded, "overloaded", 503, 529, "server_error", "server_overloaded", "overloaded_error", false},
    {cancelled, "cancelled", 499, 499, "server_error", "cancelled", "api_error", true},
    {config_invalid, "config_invalid", 500, 500, "server_error", "", "api_error", true},
    {store_failed, "store_failed", 500, 500, "server_error", "", "api_error", false},
    {io_failed, "io_failed", 500, 500, "server_error", "", "api_error", false},
    {internal, "internal", 500, 500, "server_error", "", "api_error", false},
});

constexpr bool rows_in_order() {
    for (std::size_t i = 0; i < kRows.size(); ++i) {
        if (static_cast<std::size_t>(kRows[i].kind) != i) return false;
    }
    return kRows.size() == static_cast<std::size_t>(internal) + 1;
}
static_assert(rows_in_order(), "the table is indexed by ErrorKind");

}  // namespace

const ErrorRow& error_row(ErrorKind kind) {
    const auto index = static_cast<std::size_t>(kind);
    assert(index < kRows.size());
    return kRows[index];
}

std::string_view error_name(ErrorKind kind) {
    return error_row(kind).name;
}

}  // namespace kg
