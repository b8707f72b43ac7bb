#include "core/kiro/failure.hpp"

#include "core/kiro/http_date.hpp"
#include "core/kiro/redact.hpp"
#include "tests/support/catch.hpp"

using namespace kg;
using namespace kg::kiro;
using namespace std::chrono_literals;
using enum FailureClass;

namespace {

Failure classify(int status, std::string_view body, std::vector<http::Headers::Field> fields = {}) {
    http::Headers headers;
    for (auto& [name, value] : fields) headers.add(name, value);
    return classify_response(status, headers, body);
}

struct Row {
    int status;
    const char* body;
    FailureClass cls;
};

}  // namespace

TEST_CASE("every canned error body of 10.4 has its class") {
    const Row rows[] = {
        {400,
         R"({"__type":"com.amazon.aws.codewhisperer#ValidationException","message":"Improperly formed request.","reason":null})",
         malformed},
        {400,
         R"({"__type":"com.amazon.aws.codewhisperer#ValidationException","message":"Input is too long.","reason":"CONTENT_LENGTH_EXCEEDS_THRESHOLD"})",
         context_overflow},
        {400,
         R"({"__type":"com.amazon.aws.codewhisperer#ValidationException","message":"Invalid model. Please select a different model to continue.","reason":"INVALID_MODEL_ID"})",
         invalid_model},
        {400,
         R"({"__type":"com.amazon.aws.codewhisperer#ValidationException","message":"Invalid `signature` in `thinking` block","reason":"THINKING_SIGNATURE_INVALID"})",
         thinking_signature},
        {400,
         R"({"__type":"com.amazon.aws.codewhisperer#ThrottlingException","message":"I am experiencing high traffic, please try again shortly.","reason":"INSUFFICIENT_MODEL_CAPACITY"})",
         model_capacity},
        {400, R"({"message":"profileArn is required for this request.","reason":null})", profile_arn},
        {400, R"({"message":"Invalid tool use format.","reason":null})", bad_tool_format},
        {401, R"({"message":"The bearer token included in the request is invalid.","reason":null})",
         token_dead},
        {402,
         R"({"__type":"com.amazon.aws.codewhisperer#ServiceQuotaExceededException","message":"You have reached the limit.","reason":"MONTHLY_REQUEST_COUNT"})",
         quota_exhausted},
        {402,
         R"({"__type":"com.amazon.kiro.runtimeservice#ServiceQuotaExceededException","message":"You have reached the overage limit.","reason":"OVERAGE_REQUEST_LIMIT_EXCEEDED"})",
         quota_exhausted},
        {403,
         R"({"__type":"com.amazon.aws.codewhisperer#AccessDeniedException","message":"The bearer token included in the request is invalid.","reason":null})",
         token_dead},
        {403, R"({"message":"Token expired"})", token_dead},
        {403,
         R"({"__type":"com.amazon.aws.codewhisperer#AccessDeniedException","message":"Your User ID (000000000000) temporarily is suspended. Contact support to restore access.","reason":"TEMPORARILY_SUSPENDED"})",
         suspended},
        {403,
         R"({"__type":"com.amazon.aws.codewhisperer#AccessDeniedException","message":"User is not authorized to make this call.","reason":"FEATURE_NOT_SUPPORTED"})",
         feature_unsupported},
        {429,
         R"({"__type":"com.amazon.aws.codewhisperer#ThrottlingException","message":"Too many requests, please wait before trying again.","reason":"USER_REQUEST_RATE_EXCEEDED"})",
         rate_limited_user},
        {429,
         R"({"__type":"com.amazon.aws.codewhisperer#ThrottlingException","message":"I am experiencing high traffic, please try again shortly.","reason":"INSUFFICIENT_MODEL_CAPACITY"})",
         model_capacity},
        {429,
         R"({"__type":"com.amazon.aws.codewhisperer#ThrottlingException","message":"Daily limit reached.","reason":"DAILY_REQUEST_COUNT"})",
         quota_exhausted},
        {500,
         R"({"__type":"com.amazon.aws.codewhisperer#InternalServerException","message":"Encountered unexpectedly high load when processing the request, please try again.","reason":"MODEL_TEMPORARILY_UNAVAILABLE"})",
         model_capacity},
        {503,
         R"({"__type":"com.amazon.aws.codewhisperer#ServiceUnavailableException","message":"Service unavailable"})",
         transient},
    };
    for (const Row& row : rows) {
        INFO(row.status << " " << row.body);
        const Failure failure = classify(row.status, row.body);
        CHECK(failure_row(failure.cls).name == failure_row(row.cls).name);
        CHECK(failure.http_status == row.status);
    }
}

TEST_CASE("the other rows of the decision table 8.2") {
    const Row rows[] = {
        {400,
         R"({"__type":"AccessDeniedException","message":"The bearer token included in the request is invalid."})",
         token_dead},
        {400, R"({"message":"The bearer token included in the request is invalid."})", token_dead},
        {403, R"({"__type":"ExpiredTokenException","message":"x"})", token_dead},
        {403, R"({"message":"Your access token is expired"})", token_dead},
        {401, "", token_dead},
        {403, R"({"message":"Your User ID (1) temporarily is suspended."})", suspended},
        {423, R"({"message":"locked"})", suspended},
        {403, R"({"__type":"AccountSuspendedException"})", suspended},
        {403, R"({"message":"Kiro access not available for this account"})", suspended},
        {403, R"({"message":"User is not authorized to access this resource"})", feature_unsupported},
        {400,
         R"({"__type":"ValidationException","message":"Your subscription does not support this application"})",
         feature_unsupported},
        {403, R"({"message":"AWS Builder ID is not supported for this operation"})", feature_unsupported},
        {403, "<html><body>Forbidden: token</body></html>", forbidden_other},
        {402, "", quota_exhausted},
        {402, R"({"reason":"CONVERSATION_LIMIT_EXCEEDED"})", conversation_limit},
        {429, R"({"__type":"ThrottlingException","reason":"CONVERSATION_LIMIT_EXCEEDED"})",
         conversation_limit},
        {429, R"({"reason":"MONTHLY_REQUEST_COUNT"})", quota_exhausted},
        {400, R"({"__type":"ThrottlingException","reason":"HOURLY_REQUEST_COUNT"})", quota_exhausted},
        {429,
         R"({"__type":"ThrottlingException","message":"Due to suspicious activity, we are imposing temporary limits on your account.","reason":null})",
         suspicious_activity},
        {429, R"({"__type":"ThrottlingException","reason":"SERVICE_REQUEST_RATE_EXCEEDED"})", throttled},
        {429, R"({"__type":"ThrottlingException","reason":"INSUFFICIENT_THROUGHPUT"})", throttled},
        {429, R"({"__type":"ThrottlingException","reason":"CREDIT_CONSUMPTION_RATE_EXCEEDED"})", throttled},
        {429, "", throttled},
        {429, R"({"error":{"reason":"USER_REQUEST_RATE_EXCEEDED"}})", rate_limited_user},
        {400, R"({"__type":"ValidationException","message":"Context window is full. Start over."})",
         context_overflow},
        {400, R"({"message":"prompt is too long: 300000 tokens"})", context_overflow},
        {400, R"({"message":"Invalid model ID. Please choose."})", invalid_model},
        {400,
         R"({"__type":"ValidationException","message":"Invalid additionalModelRequestFields: property 'x' is not defined in the schema"})",
         bad_model_fields},
        {400,
         R"({"__type":"ValidationException","message":"additionalModelRequestFields is not supported for this model"})",
         bad_model_fields},
        {400, R"({"__type":"ValidationException","message":"Invalid profileArn."})", profile_arn},
        {400, R"({"__type":"ValidationException","reason":"INVALID_CONVERSATION_ID"})", conversation_id},
        {400, R"({"__type":"ValidationException","reason":"REQUEST_BODY_INVALID"})", malformed},
        {400, "not json", malformed},
        {404, R"({"message":"no"})", wrong_endpoint},
        {405, "", wrong_endpoint},
        {400, R"({"__type":"UnknownOperationException"})", wrong_endpoint},
        {403, R"({"__type":"InvalidSignatureException"})", wrong_endpoint},
        {403, R"({"message":"Unsupported endpoint"})", wrong_endpoint},
        {408, "", transient},
        {500, R"({"__type":"InternalServerException","message":"oops"})", transient},
        {502, "<html>bad gateway</html>", transient},
        {504, "", transient},
        {409, R"({"__type":"ConflictException","reason":"CUSTOMER_KMS_KEY_DISABLED"})", kms},
        {400, R"({"__type":"ValidationException","reason":"INVALID_KMS_GRANT"})", kms},
        {413, "", edge_too_large},
        {200, R"({"message":"hello"})", damaged_stream},
        {302, "", damaged_stream},
    };
    for (const Row& row : rows) {
        INFO(row.status << " " << row.body);
        CHECK(failure_row(classify(row.status, row.body).cls).name == failure_row(row.cls).name);
    }
}

TEST_CASE("E12: status and type come before words, and echoed words do not count") {
    // A permission error is no ban, and "token" in a text is no dead login.
    CHECK(classify(403,
                   R"({"__type":"AccessDeniedException","message":"Not permitted to use this token tool"})")
              .cls == forbidden_other);
    CHECK(
        classify(
            400,
            R"({"__type":"ValidationException","message":"Value 'my token expired' at 'content' is wrong"})")
            .cls == malformed);
    CHECK(
        classify(
            400,
            R"({"__type":"ValidationException","message":"Value \"Input is too long\" at content is wrong"})")
            .cls == malformed);
    CHECK(classify(500, R"({"message":"token expired somewhere inside"})").cls == transient);
    CHECK(classify(429, R"({"__type":"ThrottlingException","message":"account temporarily is suspended"})")
              .cls == throttled);
    CHECK(classify(400, R"({"__type":"ValidationException","message":"Improperly formed request. )" +
                            std::string(300, '.') + R"( Input is too long"})")
              .cls == malformed);
}

TEST_CASE("#55: throttling as HTTP 400 is no bad request") {
    CHECK(classify(400, R"({"__type":"x#ThrottlingException","message":"m"})").cls == throttled);
}

TEST_CASE("#57: a 400 about the request never touches the account") {
    for (const FailureClass cls :
         {malformed, context_overflow, conversation_limit, thinking_signature, bad_model_fields,
          bad_tool_format, conversation_id, profile_arn, edge_too_large}) {
        CHECK(failure_row(cls).effect == AccountEffect::none);
    }
}

TEST_CASE("the error type is found in every place and spelling") {
    for (const char* type :
         {"com.amazon.aws.codewhisperer#ThrottlingException", "ThrottlingException", "throttlingError",
          "com.amazon.coral.service#ThrottlingException:http://internal/"}) {
        const Failure failure = classify(400, R"({"__type":")" + std::string(type) + R"("})");
        CHECK(failure.cls == throttled);
        CHECK((failure.exception == "Throttling" || failure.exception == "throttling"));
        CHECK(classify(400, "", {{"X-Amzn-ErrorType", type}}).cls == throttled);
        CHECK(classify(400, R"({"code":")" + std::string(type) + R"("})").cls == throttled);
    }
    CHECK(classify(400, R"({"Message":"Input is too long."})").cls == context_overflow);
}

TEST_CASE("exceptions in a stream are classified by name") {
    struct Named {
        const char* type;
        const char* payload;
        FailureClass cls;
    };
    const Named rows[] = {
        {"ThrottlingException", R"({"message":"x"})", throttled},
        {"throttlingError", "", throttled},
        {"com.amazon#ServiceQuotaExceededException", "{}", quota_exhausted},
        {"serviceQuotaExceededError", "{}", quota_exhausted},
        {"InternalServerException", "{}", transient},
        {"internalServerException", R"({"reason":"MODEL_TEMPORARILY_UNAVAILABLE"})", model_capacity},
        {"error", "{}", transient},
        {"ValidationException", R"({"message":"Improperly formed request."})", malformed},
        {"ContentLengthExceededException", "{}", context_overflow},
        {"AccessDeniedException", R"({"message":"The bearer token included in the request is invalid."})",
         token_dead},
        {"ServiceUnavailableException", "{}", transient},
        {"conversationExpiredError", "{}", conversation_id},
        {"NeverSeenException", "{}", transient},
        {"", R"({"__type":"ThrottlingException"})", throttled},
    };
    for (const Named& row : rows) {
        INFO(row.type);
        CHECK(failure_row(classify_exception(row.type, row.payload).cls).name == failure_row(row.cls).name);
    }
}

TEST_CASE("transport failures are connect, timeout or transient") {
    using enum fetch::FailureKind;
    struct Kind {
        fetch::FailureKind kind;
        FailureClass cls;
    };
    const Kind rows[] = {
        {dns, FailureClass::connect},  {fetch::FailureKind::connect, FailureClass::connect},
        {tls, FailureClass::connect},  {connect_timeout, FailureClass::connect},
        {first_byte_timeout, timeout}, {idle_timeout, timeout},
        {total_timeout, timeout},      {reset, transient},
        {protocol, transient},         {other, transient},
    };
    for (const Kind& row : rows) CHECK(classify_transport({row.kind, "why"}).cls == row.cls);
    CHECK(classify_transport({reset, "why"}).detail == "why");
}

TEST_CASE("Retry-After is read as seconds, milliseconds and dates, and bounded") {
    const auto wait = [](std::vector<http::Headers::Field> fields) {
        return classify(429, "", std::move(fields)).retry_after;
    };
    CHECK(wait({}) == std::nullopt);
    CHECK(wait({{"Retry-After", "7"}}) == 7000ms);
    CHECK(wait({{"Retry-After", " 1.5 "}}) == 1000ms);
    CHECK(wait({{"retry-after-ms", "250"}, {"Retry-After", "7"}}) == 250ms);
    CHECK(wait({{"Retry-After", "999999999"}}) == 24h);
    CHECK(wait({{"Retry-After", "soon"}}) == std::nullopt);
    CHECK(wait({{"Retry-After", "-1"}}) == std::nullopt);
    CHECK(wait({{"Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT"},
                {"Date", "Sun, 06 Nov 1994 08:49:07 GMT"}}) == 30s);
    CHECK(wait({{"Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT"},
                {"Date", "Sun, 06 Nov 1994 08:50:00 GMT"}}) == 0s);
    CHECK(wait({{"Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT"}}) == std::nullopt);
}

TEST_CASE("HTTP dates") {
    CHECK(to_ms(*parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT")) == 784111777000);
    for (const char* wrong : {"", "Sun, 06 Nov 1994 08:49:37", "Sun, 31 Feb 1994 08:49:37 GMT",
                              "Sun, 06 Xyz 1994 08:49:37 GMT", "Sun, 06 ovD 1994 08:49:37 GMT",
                              "Sun, x6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT"}) {
        CHECK(!parse_http_date(wrong));
    }
}

TEST_CASE("#63: details carry no tokens, ARNs or e-mail addresses") {
    const std::string secrets[] = {"aoaAAAAAGsampleAccess:Token",
                                   "aorAAAAAGsampleRefresh",
                                   "ksk_sample0123456789",
                                   "eyJhbGciOiJIUzI1NiJ9.e30.x",
                                   "ada@example.com",
                                   std::string(60, 'k'),
                                   "arn:aws:codewhisperer:us-east-1:111122223333:profile/ABCDEFGHIJKL"};
    for (const std::string& secret : secrets) {
        for (const std::string& text :
             {"denied for " + secret + " today", "(" + secret + ")", "\"token\":\"" + secret + "\"",
              "refreshToken=" + secret, secret, std::string(495, '-').replace(100, 1, " ") + " " + secret}) {
            INFO(text);
            CHECK(redacted(text).find(secret) == std::string::npos);
            CHECK(classify(403, R"({"message":"denied for )" + secret + "\"}").detail.find(secret) ==
                  std::string::npos);
        }
    }
    CHECK(redacted("Bearer 0123456789abcdef0123") == "Bearer <token>");
    CHECK(redacted("denied for ada@example.com, sorry") == "denied for <e-mail>, sorry");
    CHECK(redacted("Too many requests, please wait.") == "Too many requests, please wait.");
    CHECK(redacted("UNAUTHORIZED_WORKSPACE_CONTEXT_FEATURE_ACCESS") ==
          "UNAUTHORIZED_WORKSPACE_CONTEXT_FEATURE_ACCESS");
    CHECK(redacted("a\nb\x01"
                   "c\xff") == "a b?c?");
    CHECK(redacted(std::string(5000, ' ')).size() == 500);
}

TEST_CASE("client errors are plain, safe and of the right kind") {
    for (int i = 0; i <= static_cast<int>(content_filtered); ++i) {
        Failure failure;
        failure.cls = static_cast<FailureClass>(i);
        failure.detail = "detail for the log";
        failure.retry_after = 5s;
        const Error error = to_error(failure);
        INFO(failure_row(failure.cls).name);
        CHECK(error.kind == failure_row(failure.cls).kind);
        CHECK(error.message.ends_with("."));
        CHECK(error.message.find("detail for the log") == std::string::npos);
        CHECK(error.detail.find("detail for the log") != std::string::npos);
        CHECK(error.retry_after == 5s);
    }
    Failure overflow;
    overflow.cls = context_overflow;
    CHECK(to_error(overflow).message.starts_with("prompt is too long"));
}

TEST_CASE("E17: an account's dead login is never the client's 401") {
    for (int i = 0; i <= static_cast<int>(content_filtered); ++i) {
        const ErrorRow& row = error_row(failure_row(static_cast<FailureClass>(i)).kind);
        CHECK(row.openai_status != 401);
        CHECK(row.anthropic_status != 401);
    }
    CHECK(failure_row(token_dead).kind == ErrorKind::upstream_auth);
    CHECK(failure_row(login_lost).kind == ErrorKind::upstream_auth);
}

TEST_CASE("#54: a 403 that is not about tokens asks for no refresh") {
    CHECK(failure_row(feature_unsupported).effect != AccountEffect::refresh);
    CHECK(failure_row(forbidden_other).effect != AccountEffect::refresh);
    CHECK(failure_row(suspended).effect != AccountEffect::refresh);
    CHECK(failure_row(token_dead).next == NextStep::refresh_and_retry);
    CHECK(failure_row(token_dead).retries_max == 1);
}
