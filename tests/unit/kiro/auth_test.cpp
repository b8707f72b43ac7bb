#include "core/kiro/auth.hpp"

#include "core/json/document.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/scripted_fetcher.hpp"

using namespace kg;
using namespace kg::kiro;
using namespace std::chrono_literals;

namespace {

using Outcome = Result<RefreshedTokens, RefreshFailure>;

RefreshInput input_of(AuthMethod method) {
    RefreshInput input;
    input.auth_method = method;
    input.refresh_token = Secret("aorSAMPLE");
    input.auth_region = "eu-west-1";
    input.machine_id = "machine";
    if (method == AuthMethod::idc || method == AuthMethod::external_idp) input.client_id = "SAMPLE ID";
    if (method == AuthMethod::idc) input.client_secret = Secret("SAMPLESECRET");
    if (method == AuthMethod::external_idp) {
        input.token_endpoint = "https://login.example.org/t/oauth2/v2.0/token";
        input.scopes = "api://x/y offline_access";
    }
    return input;
}

struct Run {
    explicit Run(RefreshInput input, UpstreamOptions options = {}) {
        refresh = std::make_unique<Refresh>(fetcher, options, std::move(input), [this](Outcome outcome) {
            ++calls;
            result = std::make_unique<Outcome>(std::move(outcome));
            refresh.reset();  // allowed inside
        });
    }
    const RefreshFailure& failure() {
        REQUIRE(result);
        REQUIRE(!*result);
        return result->error();
    }
    const RefreshedTokens& tokens() {
        REQUIRE(result);
        REQUIRE(*result);
        return **result;
    }
    test::ScriptedFetcher fetcher;
    std::unique_ptr<Refresh> refresh;
    std::unique_ptr<Outcome> result;
    int calls = 0;
};

RefreshFailure refused(AuthMethod method, int status, std::string_view body,
                       std::vector<http::Headers::Field> fields = {}) {
    Run run(input_of(method));
    run.fetcher.last().answer(status, body, fields);
    return run.failure();
}

}  // namespace

TEST_CASE("social refresh: request and answer") {
    Run run(input_of(AuthMethod::social));
    const fetch::Request& sent = run.fetcher.last().request;
    CHECK(sent.method == http::Method::post);
    CHECK(sent.url == "https://prod.us-east-1.auth.desktop.kiro.dev/refreshToken");
    CHECK(sent.body == R"({"refreshToken":"aorSAMPLE"})");
    CHECK(sent.connect_timeout == 10s);
    CHECK(sent.total_timeout == 30s);
    CHECK(run.fetcher.last().has_header("content-type: application/json"));
    CHECK(run.fetcher.last().has_header("user-agent: KiroIDE-0.11.107-machine"));
    CHECK(run.calls == 0);
    run.fetcher.last().answer(
        200,
        R"({"accessToken":"aoaNEW","refreshToken":"aorNEW","expiresIn":28800,"profileArn":"arn:aws:codewhisperer:us-east-1:699475941385:profile/EHGA3GRVQMUK","csrfToken":null})");
    CHECK(run.calls == 1);
    CHECK(run.tokens().access_token.reveal() == "aoaNEW");
    CHECK(run.tokens().refresh_token.reveal() == "aorNEW");
    CHECK(run.tokens().expires_in == 28800s);
    CHECK(run.tokens().profile_arn == "arn:aws:codewhisperer:us-east-1:699475941385:profile/EHGA3GRVQMUK");
}

TEST_CASE("#58: OIDC refresh goes to the sign-in region, in camel-case JSON") {
    Run run(input_of(AuthMethod::idc));
    CHECK(run.fetcher.last().request.url == "https://oidc.eu-west-1.amazonaws.com/token");
    const auto body = json::Document::parse(std::string(run.fetcher.last().request.body.view()));
    REQUIRE(body);
    CHECK(body->root()["clientId"].text() == "SAMPLE ID");
    CHECK(body->root()["clientSecret"].text() == "SAMPLESECRET");
    CHECK(body->root()["refreshToken"].text() == "aorSAMPLE");
    CHECK(body->root()["grantType"].text() == "refresh_token");
    run.fetcher.last().answer(
        200, R"({"accessToken":"aoaNEW","tokenType":"Bearer","expiresIn":3600,"idToken":null})");
    CHECK(run.tokens().access_token.reveal() == "aoaNEW");
}

TEST_CASE("#51: an answer without refresh token keeps the old one") {
    for (const char* body : {R"({"accessToken":"a"})", R"({"accessToken":"a","refreshToken":null})",
                             R"({"accessToken":"a","refreshToken":""})"}) {
        Run run(input_of(AuthMethod::idc));
        run.fetcher.last().answer(200, body);
        CHECK(run.tokens().refresh_token.empty());
        CHECK(run.tokens().expires_in == 3600s);
        CHECK(run.tokens().profile_arn.empty());
    }
}

TEST_CASE("external identity providers get a form and answer in snake case") {
    Run run(input_of(AuthMethod::external_idp));
    const fetch::Request& sent = run.fetcher.last().request;
    CHECK(sent.url == "https://login.example.org/t/oauth2/v2.0/token");
    CHECK(sent.body ==
          "grant_type=refresh_token&client_id=SAMPLE%20ID&refresh_token=aorSAMPLE"
          "&scope=api%3A%2F%2Fx%2Fy%20offline_access");
    CHECK(run.fetcher.last().has_header("content-type: application/x-www-form-urlencoded"));
    run.fetcher.last().answer(200,
                              R"({"access_token":"eyJ.NEW","refresh_token":"0.NEW","expires_in":"5400"})");
    CHECK(run.tokens().access_token.reveal() == "eyJ.NEW");
    CHECK(run.tokens().refresh_token.reveal() == "0.NEW");
    CHECK(run.tokens().expires_in == 5400s);
}

TEST_CASE("a refresh token is sent only to a public https address or this machine") {
    for (const char* endpoint : {"", "http://login.example.org/token", "https://10.0.0.1/token",
                                 "https://intranet/token", "https://[fe80::1]/token",
                                 "https://user:pw@login.example.org/token", "ftp://x.org/t", "nonsense"}) {
        INFO(endpoint);
        RefreshInput input = input_of(AuthMethod::external_idp);
        input.token_endpoint = endpoint;
        REQUIRE(refresh_obstacle(input));
        Run run(input);
        CHECK(run.fetcher.last().request.url.empty());
        CHECK(run.fetcher.last().request.body.empty());
        CHECK(run.calls == 0);
        run.fetcher.last().fail(fetch::FailureKind::other);
        CHECK(run.calls == 1);
        CHECK(run.failure().login_lost);
    }
    RefreshInput local = input_of(AuthMethod::external_idp);
    local.token_endpoint = "http://127.0.0.1:8080/token";
    CHECK(!refresh_obstacle(local));
}

TEST_CASE("#62: an API key has nothing to refresh, nor has an account without token or registration") {
    RefreshInput input = input_of(AuthMethod::social);
    input.auth_method = AuthMethod::api_key;
    Run run(input);
    CHECK(run.fetcher.last().request.url.empty());
    CHECK(run.fetcher.last().request.body.empty());
    CHECK(run.fetcher.last().request.headers.empty());
    run.fetcher.last().fail(fetch::FailureKind::other);
    CHECK(run.failure().login_lost);
    CHECK(run.failure().reason == "an API key cannot be refreshed");
    input = input_of(AuthMethod::social);
    input.refresh_token = Secret();
    CHECK(refresh_obstacle(input));
    input = input_of(AuthMethod::idc);
    input.client_secret = Secret();
    CHECK(refresh_obstacle(input));
    CHECK(!refresh_obstacle(input_of(AuthMethod::social)));
    CHECK(!refresh_obstacle(input_of(AuthMethod::idc)));
}

TEST_CASE("addresses of one's own and proxies are used") {
    UpstreamOptions options;
    options.auth_url = "http://127.0.0.1:1";
    options.oidc_url = "http://127.0.0.1:2";
    options.proxy = "http://proxy:3";
    Run social(input_of(AuthMethod::social), options);
    CHECK(social.fetcher.last().request.url == "http://127.0.0.1:1/refreshToken");
    CHECK(social.fetcher.last().request.proxy == "http://proxy:3");
    RefreshInput own = input_of(AuthMethod::idc);
    own.proxy = "http://own:4";
    Run idc(own, options);
    CHECK(idc.fetcher.last().request.url == "http://127.0.0.1:2/token");
    CHECK(idc.fetcher.last().request.proxy == "http://own:4");
}

TEST_CASE("refused refreshes are final or transient as 5.5 says") {
    using enum AuthMethod;
    struct Row {
        AuthMethod method;
        int status;
        const char* body;
        bool lost;
        bool limited;
    };
    const Row rows[] = {
        {social, 401, "", true, false},
        {social, 401, "<html>", true, false},
        {social, 400, R"({"error":"invalid_grant"})", true, false},
        {social, 400, R"({"message":"Invalid refresh token provided"})", true, false},
        {social, 400, R"({"message":"bad field"})", false, false},
        {social, 403, R"({"message":"blocked"})", true, false},
        {social, 403, R"({"message":"New signups are temporarily paused."})", false, false},
        {social, 429, "", false, true},
        {social, 500, R"({"error":"invalid_grant"})", false, false},
        {idc, 400, R"({"error":"invalid_grant","error_description":"Invalid refresh token provided"})", true,
         false},
        {idc, 400, R"({"__type":"com.amazonaws.ssooidc#InvalidGrantException","message":"x"})", true, false},
        {idc, 401, R"({"error":"invalid_client"})", true, false},
        {idc, 400, R"({"__type":"InvalidClientException"})", true, false},
        {idc, 400, R"({"__type":"ExpiredClientException","message":"Client is expired"})", true, false},
        {idc, 400, R"({"error":"expired_token"})", true, false},
        {idc, 400, R"({"__type":"ExpiredTokenException"})", true, false},
        {idc, 400, R"({"__type":"AccessDeniedException"})", true, false},
        {idc, 400, R"({"__type":"UnauthorizedClientException"})", true, false},
        {idc, 400, R"({"error":"invalid_request"})", false, false},
        {idc, 400, R"({"error":"slow_down"})", false, true},
        {idc, 400, R"({"__type":"SlowDownException"})", false, true},
        {idc, 401, "", false, false},
        {idc, 503, "", false, false},
        {external_idp, 400, R"({"error":"invalid_grant"})", true, false},
        {external_idp, 400, R"({"error":"interaction_required"})", true, false},
        {external_idp, 400, R"({"error":"temporarily_unavailable"})", false, false},
        {external_idp, 302, "", false, false},
    };
    for (const Row& row : rows) {
        INFO(row.status << " " << row.body);
        const RefreshFailure failure = refused(row.method, row.status, row.body);
        CHECK(failure.login_lost == row.lost);
        CHECK(failure.rate_limited == row.limited);
        CHECK(!failure.reason.empty());
    }
    CHECK(refused(idc, 400, "", {{"x-amzn-errortype", "InvalidGrantException:http://x/"}}).login_lost);
    CHECK(refused(social, 503, "").reason == "HTTP 503");
}

TEST_CASE("#63: reasons carry no secrets") {
    const auto failure = refused(
        AuthMethod::idc, 400,
        R"({"error":"invalid_grant","error_description":"token aorAAAAAGsampleRefresh of ada@example.com"})");
    CHECK(failure.reason == "invalid_grant (token <token> of <e-mail>)");
}

TEST_CASE("malformed answers are transient failures, never tokens") {
    for (const char* body :
         {"", "[]", "{}", R"({"accessToken":""})", R"({"accessToken":5})", R"({"accessToken":"a\r\nb"})",
          R"({"accessToken":"a","refreshToken":7})", R"({"accessToken":"a","refreshToken":"b c"})",
          R"({"accessToken":"a","expiresIn":0})", R"({"accessToken":"a","expiresIn":"soon"})",
          R"({"accessToken":"a","expiresIn":true})", R"({"access_token":"a"})", "<html>"}) {
        INFO(body);
        const RefreshFailure failure = refused(AuthMethod::social, 200, body);
        CHECK_FALSE(failure.login_lost);
        CHECK(failure.reason.starts_with("malformed answer"));
    }
    Run far(input_of(AuthMethod::social));
    far.fetcher.last().answer(200, R"({"accessToken":"a","expiresIn":1e15,"profileArn":"not an arn"})");
    CHECK(far.tokens().expires_in == 90 * 24h);
    CHECK(far.tokens().profile_arn.empty());
}

TEST_CASE("network trouble is transient, an endless answer too") {
    Run timeout(input_of(AuthMethod::social));
    timeout.fetcher.last().fail(fetch::FailureKind::total_timeout);
    CHECK_FALSE(timeout.failure().login_lost);
    Run endless(input_of(AuthMethod::social));
    endless.fetcher.last().head(200);
    for (int i = 0; i < 300 && endless.fetcher.last().alive(); ++i)
        endless.fetcher.last().body(std::string(1024, ' '));
    CHECK(endless.calls == 1);
    CHECK_FALSE(endless.failure().login_lost);
    CHECK(endless.fetcher.last().cancelled);
}

TEST_CASE("destroying a refresh cancels it") {
    Run run(input_of(AuthMethod::social));
    run.refresh.reset();
    CHECK(run.fetcher.last().cancelled);
    CHECK(run.calls == 0);
}

TEST_CASE("#52: expiry dates in every form") {
    struct Row {
        const char* text;
        std::int64_t ms;
    };
    const Row rows[] = {
        {"2026-01-01T08:00:00.000Z", 1767254400000},
        {"2026-01-01T08:00:00Z", 1767254400000},
        {"2026-01-01T08:00:00", 1767254400000},
        {"2026-01-01 08:00:00", 1767254400000},
        {"2026/01/01 08:00:00", 1767254400000},
        {"2026-01-01T01:00:00.123456789Z", 1767229200123},
        {"2026-01-01T01:00:00.1Z", 1767229200100},
        {"2026-01-01T01:00:00.12+02:00", 1767222000120},
        {"2026-01-01T01:00:00-0330", 1767241800000},
        {"2026-01-01T01:00:00+02", 1767222000000},
        {" 1767254400 ", 1767254400000},
        {"1767254400000", 1767254400000},
        {"1767254400.5", 1767254400500},
        {"1.7672544E9", 1767254400000},
        {"0", 0},
    };
    for (const Row& row : rows) {
        INFO(row.text);
        const auto time = parse_expiry(row.text);
        REQUIRE(time);
        CHECK(to_ms(*time) == row.ms);
    }
    for (const char* text :
         {"", "soon", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01", "2026-01-01T25:00:00Z",
          "2026-01-01T00:00:00.1234567890Z", "2026-01-01T00:00:00X", "2026-01-01T00:00:00+25:00", "-5",
          "1e99", "nan", "inf", "0x10", "1767254400 s"}) {
        INFO(text);
        CHECK(!parse_expiry(text));
    }
}
