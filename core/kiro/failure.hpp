#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.hpp"
#include "core/fetch/fetcher.hpp"

namespace kg::kiro {

/// Rows of the decision table, kiro-upstream 8.2 (E2..E27); one constexpr table in failure.cpp
/// gives for each: ErrorKind for the client, effect on the account, what to do with this request.
enum class FailureClass : std::uint8_t {
    token_dead,           // E2
    login_lost,           // E3: the refresh was refused for good
    suspended,            // E4
    feature_unsupported,  // E5
    forbidden_other,      // E6
    quota_exhausted,      // E7, E9
    conversation_limit,   // E8
    rate_limited_user,    // E10
    context_overflow,     // E11
    model_capacity,       // E12, E13
    suspicious_activity,  // E14
    throttled,            // E15
    invalid_model,        // E16
    thinking_signature,   // E17
    bad_model_fields,     // E18
    bad_tool_format,      // E19
    profile_arn,          // E20
    conversation_id,      // E21
    malformed,            // E22
    wrong_endpoint,       // E23
    transient,            // E24
    kms,                  // E25
    edge_too_large,       // E27
    connect,              // DNS or connect failure: like wrong_endpoint for the first choice, else transient
    timeout,              // first event, idle or total
    damaged_stream,       // framing, CRC, cut, wrong JSON (9.1-9.9)
    empty_answer,         // 200 without content (4.6)
    tool_input_invalid,   // 4.4: the tool input is not a JSON object
    content_filtered,
};

enum class AccountEffect : std::uint8_t {
    none,
    lower_health,  // it stays in service, others go before it
    refresh,
    disable_login,
    suspend,
    count_auth_failure,
    exhaust,
    cool_down,
    soft_failure,
    forget_model
};
enum class NextStep : std::uint8_t {
    stop,               // tell the client
    refresh_and_retry,  // same account once, then another
    other_account,
    other_endpoint,  // next generation, same account
    retry_same,      // bounded, with back-off
    strip_thinking,  // once: drop reasoningContent
    strip_fields,    // once: drop additionalModelRequestFields
    retry_once,      // once, unchanged but for a new conversation id / resolved ARN
};

struct FailureRow {
    FailureClass cls;
    std::string_view name;
    ErrorKind kind;
    AccountEffect effect;
    NextStep next;
    unsigned retries_max;  // of `next`, on the same account
};
const FailureRow& failure_row(FailureClass cls);

struct Failure {
    FailureClass cls = FailureClass::transient;
    int http_status = 0;    // 0: no response head
    std::string exception;  // normalised type, "Throttling"
    std::string reason;     // "MONTHLY_REQUEST_COUNT"
    std::string detail;     // for the log: redacted, at most 500 bytes of body
    std::optional<std::chrono::milliseconds> retry_after;
    std::string cut_tool{};  // the client's name of a tool whose call had begun and is lost
};

/// Non-2xx answer of the data or control plane (8.1: reason, type, status, text, in this order).
Failure classify_response(int status, const http::Headers& headers, std::string_view body);
/// Exception or error frame inside a 200 stream.
Failure classify_exception(std::string_view exception_type, std::string_view payload);
Failure classify_transport(const fetch::Failure& failure);
/// The client-safe error for a failure after which nothing more is tried.
Error to_error(const Failure& failure);

}  // namespace kg::kiro
