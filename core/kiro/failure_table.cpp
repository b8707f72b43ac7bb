#include <array>
#include <cassert>
#include <string>

#include "core/kiro/failure.hpp"

namespace kg::kiro {
namespace {

using enum FailureClass;
using Effect = AccountEffect;
using Next = NextStep;
using Kind = ErrorKind;

struct Row {
    FailureRow row;
    std::string_view sentence;  // for the client, when nothing more is tried
};

constexpr std::array kRows = std::to_array<Row>({
    {{token_dead, "token_dead", Kind::upstream_auth, Effect::refresh, Next::refresh_and_retry, 1},
     "The gateway's upstream login was not accepted."},
    {{login_lost, "login_lost", Kind::upstream_auth, Effect::disable_login, Next::other_account, 0},
     "The gateway's upstream login has ended and must be renewed by its operator."},
    {{suspended, "suspended", Kind::account_suspended, Effect::suspend, Next::other_account, 0},
     "The upstream account is suspended."},
    {{feature_unsupported, "feature_unsupported", Kind::upstream_forbidden, Effect::lower_health,
      Next::other_account, 0},
     "The upstream account's plan, region or profile does not allow this request."},
    {{forbidden_other, "forbidden_other", Kind::upstream_auth, Effect::count_auth_failure,
      Next::other_account, 0},
     "Upstream refused the gateway's account."},
    {{quota_exhausted, "quota_exhausted", Kind::accounts_exhausted, Effect::exhaust, Next::other_account, 0},
     "The upstream quota is used up."},
    {{conversation_limit, "conversation_limit", Kind::context_too_long, Effect::none, Next::stop, 0},
     "prompt is too long: this conversation reached upstream's limit, start a new one."},
    {{rate_limited_user, "rate_limited_user", Kind::upstream_throttled, Effect::cool_down,
      Next::other_account, 0},
     "Too many requests upstream, please wait before trying again."},
    {{context_overflow, "context_overflow", Kind::context_too_long, Effect::none, Next::stop, 0},
     "prompt is too long: the input exceeds the model's context window."},
    {{model_capacity, "model_capacity", Kind::upstream_overloaded, Effect::none, Next::retry_same, 2},
     "The model is at capacity upstream, please try again shortly."},
    {{suspicious_activity, "suspicious_activity", Kind::upstream_throttled, Effect::cool_down,
      Next::other_account, 0},
     "Upstream limits the gateway's account for now."},
    {{throttled, "throttled", Kind::upstream_throttled, Effect::cool_down, Next::other_account, 0},
     "Upstream throttles requests, please wait before trying again."},
    {{invalid_model, "invalid_model", Kind::model_not_found, Effect::forget_model, Next::other_account, 0},
     "The model is not available upstream."},
    {{thinking_signature, "thinking_signature", Kind::upstream_rejected, Effect::none, Next::strip_thinking,
      1},
     "Upstream did not accept the signature of an earlier thinking block."},
    {{bad_model_fields, "bad_model_fields", Kind::upstream_rejected, Effect::none, Next::strip_fields, 1},
     "The model does not take the requested thinking, effort or token settings."},
    {{bad_tool_format, "bad_tool_format", Kind::upstream_rejected, Effect::none, Next::retry_once, 1},
     "Upstream did not accept the format of a tool call in the conversation."},
    {{profile_arn, "profile_arn", Kind::upstream_failed, Effect::none, Next::retry_once, 1},
     "The gateway's upstream account has no usable profile."},
    {{conversation_id, "conversation_id", Kind::upstream_rejected, Effect::none, Next::retry_once, 1},
     "Upstream did not accept the conversation's id."},
    {{malformed, "malformed", Kind::upstream_rejected, Effect::none, Next::stop, 0},
     "Upstream called the request improperly formed."},
    {{wrong_endpoint, "wrong_endpoint", Kind::upstream_failed, Effect::none, Next::other_endpoint, 1},
     "The upstream endpoint does not know this operation."},
    {{transient, "transient", Kind::upstream_failed, Effect::soft_failure, Next::retry_same, 2},
     "Upstream failed to answer, please try again."},
    {{kms, "kms", Kind::upstream_failed, Effect::suspend, Next::other_account, 0},
     "The upstream account's encryption key cannot be used."},
    {{edge_too_large, "edge_too_large", Kind::body_too_large, Effect::none, Next::stop, 0},
     "The request is larger than upstream accepts."},
    {{connect, "connect", Kind::upstream_failed, Effect::soft_failure, Next::other_endpoint, 1},
     "Upstream could not be reached."},
    {{timeout, "timeout", Kind::upstream_timeout, Effect::soft_failure, Next::retry_same, 1},
     "Upstream did not answer in time."},
    {{damaged_stream, "damaged_stream", Kind::upstream_failed, Effect::soft_failure, Next::retry_same, 2},
     "The answer from upstream was damaged or incomplete."},
    {{empty_answer, "empty_answer", Kind::upstream_overloaded, Effect::none, Next::retry_same, 2},
     "Upstream sent an empty answer, please try again."},
    {{tool_input_invalid, "tool_input_invalid", Kind::upstream_failed, Effect::none, Next::retry_same, 1},
     "The model produced a tool call whose input is not a JSON object."},
    {{content_filtered, "content_filtered", Kind::content_filtered, Effect::none, Next::stop, 0},
     "The content was filtered upstream."},
});

constexpr bool rows_in_order() {
    for (std::size_t i = 0; i < kRows.size(); ++i) {
        if (static_cast<std::size_t>(kRows[i].row.cls) != i) return false;
    }
    return kRows.size() == static_cast<std::size_t>(content_filtered) + 1;
}
static_assert(rows_in_order(), "the table is indexed by FailureClass");

const Row& table_row(FailureClass cls) {
    const auto index = static_cast<std::size_t>(cls);
    assert(index < kRows.size());
    return kRows[index];
}

}  // namespace

const FailureRow& failure_row(FailureClass cls) {
    return table_row(cls).row;
}

Error to_error(const Failure& failure) {
    const Row& row = table_row(failure.cls);
    Error error;
    error.kind = row.row.kind;
    error.message = row.sentence;
    error.detail = row.row.name;
    if (failure.http_status != 0) error.detail += ", HTTP " + std::to_string(failure.http_status);
    for (const std::string* part : {&failure.exception, &failure.reason, &failure.detail}) {
        if (!part->empty()) error.detail.append(", ").append(*part);
    }
    error.retry_after = failure.retry_after;
    return error;
}

}  // namespace kg::kiro
