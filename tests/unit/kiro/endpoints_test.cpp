#include "core/kiro/endpoints.hpp"

#include <algorithm>

#include "tests/support/catch.hpp"

using namespace kg;
using namespace kg::kiro;

namespace {

Caller social_caller() {
    Caller caller;
    caller.provider = "Google";
    caller.access_token = Secret("aoaSAMPLE");
    caller.auth_region = "us-east-1";
    caller.machine_id = std::string(64, 'a');
    return caller;
}

bool has(const std::vector<std::string>& lines, std::string_view line) {
    return std::find(lines.begin(), lines.end(), line) != lines.end();
}
bool has_name(const std::vector<std::string>& lines, std::string_view name) {
    return std::any_of(lines.begin(), lines.end(), [&](const std::string& l) {
        if (l.size() <= name.size() || l[name.size()] != ':') return false;
        for (std::size_t i = 0; i < name.size(); ++i) {
            if ((l[i] | 0x20) != (name[i] | 0x20)) return false;
        }
        return true;
    });
}

}  // namespace

TEST_CASE("hosts of every generation and plane") {
    const UpstreamOptions options;
    CHECK(data_plane_url(Generation::runtime, "us-east-1", options) == "https://runtime.us-east-1.kiro.dev");
    CHECK(data_plane_url(Generation::q, "eu-central-1", options) == "https://q.eu-central-1.amazonaws.com");
    CHECK(data_plane_url(Generation::codewhisperer, "eu-central-1", options) ==
          "https://codewhisperer.us-east-1.amazonaws.com");
    CHECK(control_plane_url(Generation::runtime, "eu-central-1", options) ==
          "https://management.eu-central-1.kiro.dev");
    CHECK(control_plane_url(Generation::q, "us-east-1", options) == "https://q.us-east-1.amazonaws.com");
    CHECK(social_refresh_url(options) == "https://prod.us-east-1.auth.desktop.kiro.dev/refreshToken");
    CHECK(oidc_token_url("eu-west-1", options) == "https://oidc.eu-west-1.amazonaws.com/token");
}

TEST_CASE("overrides replace the base for every generation") {
    UpstreamOptions options;
    options.api_url = "http://127.0.0.1:9/";
    CHECK(data_plane_url(Generation::runtime, "us-east-1", options) == "http://127.0.0.1:9");
    CHECK(data_plane_url(Generation::q, "us-east-1", options) == "http://127.0.0.1:9");
    // The control plane follows, so that no token leaves for the public hosts.
    CHECK(control_plane_url(Generation::runtime, "us-east-1", options) == "http://127.0.0.1:9");
    options.management_url = "http://127.0.0.1:8/base//";
    CHECK(control_plane_url(Generation::q, "us-east-1", options) == "http://127.0.0.1:8/base");
    options.auth_url = "http://127.0.0.1:7";
    CHECK(social_refresh_url(options) == "http://127.0.0.1:7/refreshToken");
    options.auth_url = "http://127.0.0.1:7/refreshToken";
    CHECK(social_refresh_url(options) == "http://127.0.0.1:7/refreshToken");
    options.oidc_url = "http://127.0.0.1:6/";
    CHECK(oidc_token_url("eu-west-1", options) == "http://127.0.0.1:6/token");
}

TEST_CASE("a region that is none never becomes part of a host name") {
    const UpstreamOptions options;
    for (const char* region :
         {"", "evil.example.org/", "us-east-1.evil.org", "US-EAST-1", "us-east-12", "us_east_1"}) {
        CHECK_FALSE(valid_region(region));
        CHECK(data_plane_url(Generation::q, region, options) == "https://q.us-east-1.amazonaws.com");
        CHECK(oidc_token_url(region, options) == "https://oidc.us-east-1.amazonaws.com/token");
    }
    for (const char* region : {"us-east-1", "eu-central-1", "us-gov-west-1", "ap-southeast-2"})
        CHECK(valid_region(region));
    for (const char* region :
         {"us", "us-", "us-1", "us-east", "us-east-", "u1-east-1", "us--1", "us-east-1-"}) {
        CHECK_FALSE(valid_region(region));
    }
}

TEST_CASE("generation names") {
    for (const Generation g : {Generation::runtime, Generation::q, Generation::codewhisperer}) {
        CHECK(parse_generation(generation_name(g)) == g);
    }
    CHECK(parse_generation(" Runtime ") == Generation::runtime);
    CHECK(!parse_generation("kiro"));
}

TEST_CASE("#58: the API region is its own: setting, ARN, sign-in region") {
    Caller caller = social_caller();
    CHECK(api_region_of(caller) == "us-east-1");
    caller.auth_region = "eu-west-1";
    CHECK(api_region_of(caller) == "eu-central-1");
    caller.auth_region = "ap-southeast-2";
    CHECK(api_region_of(caller) == "us-east-1");
    caller.auth_region = "eu-west-1";
    caller.profile_arn = "arn:aws:codewhisperer:us-east-1:111122223333:profile/ABCDEFGHIJKL";
    CHECK(api_region_of(caller) == "us-east-1");
    caller.api_region = "eu-central-1";
    CHECK(api_region_of(caller) == "eu-central-1");
    caller.api_region = "not a region";
    CHECK(api_region_of(caller) == "us-east-1");
    caller.profile_arn = "arn:aws:codewhisperer:evil.org:1:profile/A";
    CHECK(api_region_of(caller) == "eu-central-1");
}

TEST_CASE("profile ARNs are checked, the fixed ones are known") {
    CHECK(valid_profile_arn("arn:aws:codewhisperer:us-east-1:111122223333:profile/ABCDEFGHIJKL"));
    CHECK(valid_profile_arn("arn:aws-us-gov:codewhisperer:us-gov-west-1:1:profile/a.b_c-d"));
    for (const char* arn :
         {"", "arn:aws:s3:us-east-1:1:profile/A", "arn:aws:codewhisperer::1:profile/A",
          "arn:aws:codewhisperer:us-east-1:x:profile/A", "arn:aws:codewhisperer:us-east-1:1:profile/",
          "arn:aws:codewhisperer:us-east-1:1:profile/A\r\nB", "arn:aws:codewhisperer:us-east-1:1:other/A",
          "arn:aws:codewhisperer:us-east-1:1:profile/A/B"}) {
        CHECK_FALSE(valid_profile_arn(arn));
    }
    CHECK(default_profile_arn(AuthMethod::idc, "BuilderId") ==
          "arn:aws:codewhisperer:us-east-1:638616132270:profile/AAAACCCCXXXX");
    CHECK(default_profile_arn(AuthMethod::idc, "builder-id") ==
          default_profile_arn(AuthMethod::idc, "BuilderId"));
    CHECK(default_profile_arn(AuthMethod::social, "GitHub") ==
          "arn:aws:codewhisperer:us-east-1:699475941385:profile/EHGA3GRVQMUK");
    CHECK(default_profile_arn(AuthMethod::idc, "Enterprise").empty());
    CHECK(default_profile_arn(AuthMethod::external_idp, "ExternalIdp").empty());
    CHECK(valid_profile_arn(default_profile_arn(AuthMethod::social, "Google")));
}

TEST_CASE("sign-in methods in every spelling") {
    for (const char* text : {"IdC", "idc", "builder-id", "builderid", "Builder ID", "iam", "IAM_SSO"}) {
        CHECK(parse_auth_method(text) == AuthMethod::idc);
    }
    CHECK(parse_auth_method("social") == AuthMethod::social);
    CHECK(parse_auth_method("api_key") == AuthMethod::api_key);
    CHECK(parse_auth_method("apikey") == AuthMethod::api_key);
    CHECK(parse_auth_method("external_idp") == AuthMethod::external_idp);
    CHECK(!parse_auth_method(""));
    CHECK(!parse_auth_method("magic"));
    for (const AuthMethod m :
         {AuthMethod::social, AuthMethod::idc, AuthMethod::external_idp, AuthMethod::api_key}) {
        CHECK(parse_auth_method(auth_method_name(m)) == m);
    }
}

TEST_CASE("chat headers have the IDE's shape") {
    const auto lines = chat_headers(social_caller(), {}, "0b8f2c1e-0000-4000-8000-0000000000aa", 2);
    CHECK(has(lines, "content-type: application/json"));
    CHECK(has(lines, "accept: application/vnd.amazon.eventstream"));
    CHECK(has(lines, "x-amzn-codewhisperer-optout: true"));
    CHECK(has(lines, "x-amzn-kiro-agent-mode: vibe"));
    CHECK(has(lines, "authorization: Bearer aoaSAMPLE"));
    const std::string machine(64, 'a');
    CHECK(has(lines, "x-amz-user-agent: aws-sdk-js/1.0.34 KiroIDE-0.11.107-" + machine));
    CHECK(has(lines,
              "user-agent: aws-sdk-js/1.0.34 ua/2.1 os/linux#6.1.0 lang/js md/nodejs#22.22.0 "
              "api/codewhispererstreaming#1.0.34 m/E KiroIDE-0.11.107-" +
                  machine));
    CHECK(has(lines, "amz-sdk-invocation-id: 0b8f2c1e-0000-4000-8000-0000000000aa"));
    CHECK(has(lines, "amz-sdk-request: attempt=2; max=3"));
    CHECK(has(chat_headers(social_caller(), {}, "i", 5), "amz-sdk-request: attempt=5; max=5"));
    CHECK_FALSE(has_name(lines, "connection"));
}

TEST_CASE("#61: only an external identity provider needs its token type") {
    Caller caller = social_caller();
    for (const AuthMethod method : {AuthMethod::social, AuthMethod::idc}) {
        caller.auth_method = method;
        CHECK_FALSE(has_name(chat_headers(caller, {}, "i", 1), "TokenType"));
        CHECK_FALSE(has_name(control_headers(caller, {}), "TokenType"));
    }
    caller.auth_method = AuthMethod::external_idp;
    CHECK(has(chat_headers(caller, {}, "i", 1), "TokenType: EXTERNAL_IDP"));
    CHECK(has(control_headers(caller, {}), "TokenType: EXTERNAL_IDP"));
}

TEST_CASE("#62: an API key says so") {
    Caller caller = social_caller();
    caller.auth_method = AuthMethod::api_key;
    caller.access_token = Secret("ksk_SAMPLE");
    CHECK(has(chat_headers(caller, {}, "i", 1), "tokentype: API_KEY"));
    CHECK(has(chat_headers(caller, {}, "i", 1), "authorization: Bearer ksk_SAMPLE"));
    CHECK(has(control_headers(caller, {}), "tokentype: API_KEY"));
}

TEST_CASE("control headers carry no chat-only lines") {
    const auto lines = control_headers(social_caller(), {});
    CHECK(has(lines, "authorization: Bearer aoaSAMPLE"));
    CHECK(has(lines, "amz-sdk-request: attempt=1; max=1"));
    CHECK(has_name(lines, "x-amz-user-agent"));
    CHECK_FALSE(has_name(lines, "x-amzn-kiro-agent-mode"));
    CHECK_FALSE(has_name(lines, "x-amzn-codewhisperer-optout"));
}

TEST_CASE("a line break in a value makes no second header") {
    Caller caller = social_caller();
    caller.access_token = Secret("tok\r\nX-Evil: 1");
    caller.machine_id = "m\nid";
    UpstreamOptions options;
    options.os = "linux\r\nX-Evil: 2";
    for (const auto& lines : {chat_headers(caller, options, "i\r\nd", 1), control_headers(caller, options)}) {
        for (const std::string& line : lines) {
            CHECK(line.find_first_of("\r\n") == std::string::npos);
        }
    }
}
