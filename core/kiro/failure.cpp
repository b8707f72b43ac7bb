#include "core/kiro/failure.hpp"

#include <algorithm>
#include <array>

#include "core/base/ascii.hpp"
#include "core/json/document.hpp"
#include "core/kiro/http_date.hpp"
#include "core/kiro/redact.hpp"

namespace kg::kiro {
namespace {

using enum FailureClass;

struct Match {
    std::string_view text;
    FailureClass cls;
};

/// Declared reasons (8.1): the surest sign, whatever type and status say.
constexpr std::array kReasons = std::to_array<Match>({
    {"CONVERSATION_LIMIT_EXCEEDED", conversation_limit},
    {"MONTHLY_REQUEST_COUNT", quota_exhausted},
    {"WEEKLY_REQUEST_COUNT", quota_exhausted},
    {"DAILY_REQUEST_COUNT", quota_exhausted},
    {"HOURLY_REQUEST_COUNT", quota_exhausted},
    {"USAGE_LIMIT_REACHED", quota_exhausted},
    {"OVERAGE_REQUEST_LIMIT_EXCEEDED", quota_exhausted},
    {"USER_REQUEST_RATE_EXCEEDED", rate_limited_user},
    {"SERVICE_REQUEST_RATE_EXCEEDED", throttled},
    {"CREDIT_CONSUMPTION_RATE_EXCEEDED", throttled},
    {"INSUFFICIENT_THROUGHPUT", throttled},
    {"INSUFFICIENT_MODEL_CAPACITY", model_capacity},
    {"MODEL_TEMPORARILY_UNAVAILABLE", model_capacity},
    {"CONTENT_LENGTH_EXCEEDS_THRESHOLD", context_overflow},
    {"INVALID_MODEL_ID", invalid_model},
    {"INVALID_CONVERSATION_ID", conversation_id},
    {"INVALID_KMS_GRANT", kms},
    {"CUSTOMER_KMS_KEY_DISABLED", kms},
    {"CUSTOMER_KMS_KEY_INVALID_KEY_POLICY", kms},
    {"MISMATCHED_KMS_KEY", kms},
    {"THINKING_SIGNATURE_INVALID", thinking_signature},
    {"TEMPORARILY_SUSPENDED", suspended},
    {"FEATURE_NOT_SUPPORTED", feature_unsupported},
    {"UNAUTHORIZED_CUSTOMIZATION_RESOURCE_ACCESS", feature_unsupported},
    {"UNAUTHORIZED_WORKSPACE_CONTEXT_FEATURE_ACCESS", feature_unsupported},
});

/// Types that settle the matter alone; the others choose a table of texts below.
constexpr std::array kTypes = std::to_array<Match>({
    {"ExpiredToken", token_dead},
    {"UnrecognizedClient", token_dead},
    {"AccountSuspended", suspended},
    {"ServiceQuotaExceeded", quota_exhausted},
    {"ContentLengthExceeded", context_overflow},
    {"conversationExpired", conversation_id},
    {"UnknownOperation", wrong_endpoint},
    {"InvalidSignature", wrong_endpoint},
    {"ContentFiltered", content_filtered},
    {"GuardrailIntervened", content_filtered},
});

constexpr std::array kForbiddenTexts = std::to_array<Match>({
    {"bearer token included in the request is invalid", token_dead},
    {"token expired", token_dead},
    {"token is expired", token_dead},
    {"temporarily is suspended", suspended},
    {"is temporarily suspended", suspended},
    {"Kiro access not available for this account", suspended},
    {"not authorized to access", feature_unsupported},
    {"subscription does not support this application", feature_unsupported},
    {"is not supported for this operation", feature_unsupported},
    {"unknown operation", wrong_endpoint},
    {"invalid signature", wrong_endpoint},
    {"unsupported endpoint", wrong_endpoint},
});
constexpr std::array kValidationTexts = std::to_array<Match>({
    {"Input is too long", context_overflow},
    {"Context window is full", context_overflow},
    {"prompt is too long", context_overflow},
    {"Invalid model.", invalid_model},
    {"Invalid model ID", invalid_model},
    {"Invalid `signature` in `thinking`", thinking_signature},
    {"Invalid additionalModelRequestFields", bad_model_fields},
    {"additionalModelRequestFields is not supported", bad_model_fields},
    {"not supported for this model", bad_model_fields},
    {"Invalid tool use format", bad_tool_format},
    {"profileArn is required", profile_arn},
    {"Invalid profileArn", profile_arn},
    {"subscription does not support this application", feature_unsupported},
    {"unknown operation", wrong_endpoint},
    {"invalid signature", wrong_endpoint},
    {"unsupported endpoint", wrong_endpoint},
});
constexpr std::array kThrottleTexts = std::to_array<Match>({
    {"suspicious activity", suspicious_activity},
    {"high traffic", model_capacity},
    {"unexpectedly high load", model_capacity},
});
constexpr std::array kServerTexts = std::to_array<Match>({
    {"unexpectedly high load", model_capacity},
    {"high traffic", model_capacity},
});

template <std::size_t N>
FailureClass by_text(const std::array<Match, N>& table, std::string_view text, FailureClass otherwise) {
    for (const Match& match : table) {
        if (ascii::contains_ignoring_case(text, match.text)) return match.cls;
    }
    return otherwise;
}

/// The service's own words: a short beginning without what it quotes, because quotations may be the
/// user's text ("Invalid value 'my token expired'").
std::string own_words(std::string_view message) {
    std::string out;
    message = message.substr(0, 200);
    for (std::size_t i = 0; i < message.size(); ++i) {
        const char c = message[i];
        const bool opens =
            (c == '"' || c == '\'') && (i == 0 || message[i - 1] == ' ' || message[i - 1] == '(');
        const std::size_t end = opens ? message.find(c, i + 1) : std::string_view::npos;
        if (opens && end == std::string_view::npos) break;
        if (opens) {
            i = end;
        } else {
            out += c;
        }
    }
    return out;
}

/// "com.amazon.aws.codewhisperer#ThrottlingException:http://..." is "Throttling".
std::string normal_type(std::string_view type) {
    if (const std::size_t hash = type.find('#'); hash != std::string_view::npos) type.remove_prefix(hash + 1);
    type = ascii::trim(type.substr(0, type.find(':')));
    for (const std::string_view suffix : {std::string_view("exception"), std::string_view("error")}) {
        if (type.size() > suffix.size() &&
            ascii::equals_ignoring_case(type.substr(type.size() - suffix.size()), suffix)) {
            type.remove_suffix(suffix.size());
            break;
        }
    }
    if (ascii::equals_ignoring_case(type, "error")) type = "InternalServer";  // the stream union's member
    return redacted(type, 100);
}

struct Declared {
    std::string type, message, reason;
};

std::string text_of(json::Node node) {
    return std::string(node.text());
}

Declared read_body(std::string_view body) {
    Declared out;
    const std::string_view trimmed = ascii::trim(body);
    if (!trimmed.starts_with('{')) return out;
    const auto document = json::Document::parse(std::string(trimmed));
    if (!document) return out;
    const json::Node root = document->root();
    const json::Node error = root["error"];  // an object in some shapes, OAuth's code in others
    for (const json::Node node : {root["__type"], root["code"], error["__type"], error["code"]}) {
        if (out.type.empty()) out.type = text_of(node);
    }
    for (const json::Node node : {root["message"], root["Message"], error["message"]}) {
        if (out.message.empty()) out.message = text_of(node);
    }
    for (const json::Node node : {root["reason"], error["reason"]}) {
        if (out.reason.empty()) out.reason = text_of(node);
    }
    return out;
}

std::optional<FailureClass> by_reason(std::string_view reason) {
    for (const Match& match : kReasons) {
        if (ascii::equals_ignoring_case(match.text, reason)) return match.cls;
    }
    return std::nullopt;
}

std::optional<FailureClass> by_type(std::string_view type, std::string_view words) {
    const auto is = [type](std::string_view name) { return ascii::equals_ignoring_case(type, name); };
    if (type.empty()) return std::nullopt;
    for (const Match& match : kTypes) {
        if (is(match.text)) return match.cls;
    }
    if (is("Throttling") || is("TooManyRequests") || is("SlowDown"))
        return by_text(kThrottleTexts, words, throttled);
    if (is("AccessDenied") || is("Unauthorized")) return by_text(kForbiddenTexts, words, forbidden_other);
    if (is("Validation")) {
        const FailureClass cls = by_text(kValidationTexts, words, malformed);
        return cls == malformed ? by_text(kServerTexts, words, malformed) : cls;
    }
    if (is("InternalServer") || is("InternalFailure") || is("ServiceUnavailable")) {
        return by_text(kServerTexts, words, transient);
    }
    return std::nullopt;  // Conflict, ResourceNotFound and strangers: the status says more
}

FailureClass by_status(int status, std::string_view words) {
    switch (status) {
        case 400: {
            const FailureClass cls = by_text(kValidationTexts, words, malformed);
            return cls == malformed && ascii::contains_ignoring_case(words, kForbiddenTexts[0].text)
                       ? token_dead
                       : cls;
        }
        case 401: return token_dead;
        case 402: return quota_exhausted;
        case 403: return by_text(kForbiddenTexts, words, forbidden_other);
        case 404:
        case 405: return wrong_endpoint;
        case 408: return transient;
        case 409: return transient;
        case 413: return edge_too_large;
        case 423: return by_text(kForbiddenTexts, words, suspended);
        case 429: return by_text(kThrottleTexts, words, throttled);
        default: break;
    }
    if (status >= 500) return by_text(kServerTexts, words, transient);
    if (status >= 400) return malformed;
    return damaged_stream;  // success or redirect where an event stream belongs
}

constexpr std::int64_t kRetryAfterMsMax = 86'400'000;

std::optional<std::chrono::milliseconds> read_retry_after(const http::Headers& headers) {
    const auto number = [](std::string_view text) -> std::optional<std::int64_t> {
        text = ascii::trim(text.substr(0, text.find('.')));
        if (text.empty() || text.size() > 12) return std::nullopt;
        std::int64_t value = 0;
        for (const char c : text) {
            if (!ascii::is_digit(c)) return std::nullopt;
            value = value * 10 + (c - '0');
        }
        return value;
    };
    const auto bounded = [](std::int64_t ms) {
        return std::chrono::milliseconds(std::clamp<std::int64_t>(ms, 0, kRetryAfterMsMax));
    };
    if (const auto ms = number(headers.get("retry-after-ms"))) return bounded(*ms);
    const std::string_view text = ascii::trim(headers.get("retry-after"));
    if (const auto seconds = number(text))
        return bounded(std::min<std::int64_t>(*seconds, kRetryAfterMsMax / 1000) * 1000);
    // A date is read against the server's own: our clock may be wrong, the difference is not.
    const auto date = parse_http_date(text);
    const auto now = parse_http_date(headers.get("date"));
    if (date && now) return bounded((*date - *now).count());
    return std::nullopt;
}

Failure describe(FailureClass cls, std::string type, const Declared& declared, std::string_view body) {
    Failure failure;
    failure.cls = cls;
    failure.exception = std::move(type);
    failure.reason = redacted(declared.reason, 100);
    failure.detail = redacted(declared.message.empty() ? body : std::string_view(declared.message));
    return failure;
}

}  // namespace

Failure classify_response(int status, const http::Headers& headers, std::string_view body) {
    Declared declared = read_body(body);
    if (declared.type.empty()) declared.type = headers.get("x-amzn-errortype");
    std::string type = normal_type(declared.type);
    const std::string words = own_words(declared.message);

    auto cls = by_reason(declared.reason);
    // These two statuses mean one thing whatever the type; a type outranks every other status.
    if (!cls && status == 402) cls = quota_exhausted;
    if (!cls && status == 401) cls = token_dead;
    if (!cls) cls = by_type(type, words);
    if (!cls) cls = by_status(status, words);

    Failure failure = describe(*cls, std::move(type), declared, body);
    failure.http_status = status;
    failure.retry_after = read_retry_after(headers);
    return failure;
}

Failure classify_exception(std::string_view exception_type, std::string_view payload) {
    Declared declared = read_body(payload);
    if (declared.message.empty() && declared.type.empty()) declared.message = payload;
    std::string type = normal_type(exception_type.empty() ? std::string_view(declared.type) : exception_type);
    auto cls = by_reason(declared.reason);
    if (!cls) cls = by_type(type, own_words(declared.message));
    return describe(cls.value_or(transient), std::move(type), declared, payload);
}

Failure classify_transport(const fetch::Failure& failure) {
    Failure out;
    switch (failure.kind) {
        case fetch::FailureKind::dns:
        case fetch::FailureKind::connect:
        case fetch::FailureKind::connect_timeout:
        case fetch::FailureKind::tls: out.cls = connect; break;
        case fetch::FailureKind::first_byte_timeout:
        case fetch::FailureKind::idle_timeout:
        case fetch::FailureKind::total_timeout: out.cls = timeout; break;
        case fetch::FailureKind::reset:
        case fetch::FailureKind::protocol:
        case fetch::FailureKind::other: out.cls = transient; break;
    }
    out.reason = fetch::failure_name(failure.kind);
    out.detail = redacted(failure.detail);
    return out;
}

}  // namespace kg::kiro
