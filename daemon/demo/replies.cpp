#include "daemon/demo/replies.hpp"

#include <array>

#include "core/json/writer.hpp"

namespace kg::demo {
namespace {

struct Row {
    Refusal refusal;
    int status;
    std::string_view type;  // "" when the service sends none
    std::string_view message;
    std::string_view reason;  // "" is JSON null, "-" leaves the key out
    std::string_view retry_after = {};
};

constexpr auto kRows = std::to_array<Row>({
    {Refusal::improperly_formed, 400, "ValidationException", "Improperly formed request.", ""},
    {Refusal::too_long, 400, "ValidationException", "Input is too long.", "CONTENT_LENGTH_EXCEEDS_THRESHOLD"},
    {Refusal::invalid_model, 400, "ValidationException",
     "Invalid model. Please select a different model to continue.", "INVALID_MODEL_ID"},
    {Refusal::bad_signature, 400, "ValidationException", "Invalid `signature` in `thinking` block",
     "THINKING_SIGNATURE_INVALID"},
    {Refusal::profile_required, 400, "", "profileArn is required for this request.", ""},
    {Refusal::invalid_profile, 400, "ValidationException", "Invalid profileArn.", "-"},
    {Refusal::bad_tool_use, 400, "", "Invalid tool use format.", ""},
    {Refusal::bearer_missing, 401, "", "The bearer token included in the request is invalid.", ""},
    {Refusal::bearer_invalid, 403, "AccessDeniedException",
     "The bearer token included in the request is invalid.", ""},
    {Refusal::token_expired, 403, "", "Token expired", "-"},
    {Refusal::suspended, 403, "AccessDeniedException",
     "Your User ID (000000000000) temporarily is suspended. Contact support to restore access.",
     "TEMPORARILY_SUSPENDED"},
    {Refusal::quota, 402, "ServiceQuotaExceededException", "You have reached the limit.",
     "MONTHLY_REQUEST_COUNT"},
    {Refusal::throttled, 429, "ThrottlingException", "Too many requests, please wait before trying again.",
     "USER_REQUEST_RATE_EXCEEDED", "1"},
    {Refusal::no_capacity, 429, "ThrottlingException",
     "I am experiencing high traffic, please try again shortly.", "INSUFFICIENT_MODEL_CAPACITY"},
    {Refusal::model_unavailable, 500, "InternalServerException",
     "Encountered unexpectedly high load when processing the request, please try again.",
     "MODEL_TEMPORARILY_UNAVAILABLE"},
    {Refusal::unknown_operation, 404, "UnknownOperationException", "The operation is not known.", ""},
    {Refusal::builder_id_profiles, 403, "AccessDeniedException",
     "AWS Builder ID is not supported for this operation", ""},
});

constexpr bool in_order() {
    for (std::size_t i = 0; i < kRows.size(); ++i) {
        if (static_cast<std::size_t>(kRows[i].refusal) != i) return false;
    }
    return true;
}
static_assert(in_order());

http::Response error_reply(int status, std::string_view type, std::string_view message,
                           std::string_view reason) {
    http::Response out = json_reply({});
    out.status = status;
    json::Writer writer(out.body);
    writer.begin_object();
    if (!type.empty()) {
        writer.member("__type", "com.amazon.aws.codewhisperer#" + std::string(type));
        out.headers.add("x-amzn-errortype", std::string(type) + ":http://internal.amazon.com/coral/");
    }
    writer.member("message", message);
    if (reason.empty()) {
        writer.key("reason").null();
    } else if (reason != "-") {
        writer.member("reason", reason);
    }
    writer.end_object();
    return out;
}

}  // namespace

http::Response json_reply(std::string body) {
    http::Response out;
    out.headers.add("content-type", "application/json");
    out.body = std::move(body);
    return out;
}

http::Response refuse(Refusal refusal) {
    const Row& row = kRows[static_cast<std::size_t>(refusal)];
    http::Response out = error_reply(row.status, row.type, row.message, row.reason);
    if (!row.retry_after.empty()) out.headers.add("retry-after", std::string(row.retry_after));
    return out;
}

http::Response refuse_fields(std::string_view message) {
    return error_reply(400, "ValidationException", message, "");
}

http::Response oauth_error(int status, std::string_view code, std::string_view description) {
    http::Response out = json_reply({});
    out.status = status;
    json::Writer writer(out.body);
    writer.begin_object().member("error", code).key("error_description");
    description.empty() ? writer.null() : writer.string(description);
    writer.end_object();
    return out;
}

}  // namespace kg::demo
