#include <algorithm>

#include "core/base/ascii.hpp"
#include "core/base/log.hpp"
#include "core/http/url.hpp"
#include "core/json/writer.hpp"
#include "daemon/demo/mcp.hpp"
#include "daemon/demo/model_list.hpp"
#include "daemon/demo/replies.hpp"
#include "daemon/demo/service.hpp"

namespace kg::demo {
namespace {

constexpr std::size_t kDevicesMax = 1'000;
constexpr double kCreditLimit = 50.0;

/// The first day of the next month, 00:00 UTC, in seconds.
std::int64_t next_reset(WallTime now) {
    const std::chrono::year_month_day today(std::chrono::floor<std::chrono::days>(now));
    const auto next = today.year() / today.month() + std::chrono::months(1);
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::sys_days(next / 1).time_since_epoch())
        .count();
}

std::string tokens_body(const TokenBook::Issued& issued, std::chrono::seconds lifetime, bool social) {
    std::string out;
    json::Writer writer(out);
    writer.begin_object().member("accessToken", issued.access).member("refreshToken", issued.refresh);
    writer.member("expiresIn", lifetime.count());
    if (social) {
        writer.member("profileArn", issued.login->profile_arn).key("csrfToken").null();
    } else {
        writer.member("tokenType", "Bearer").key("idToken").null();
    }
    writer.end_object();
    return out;
}

}  // namespace

std::optional<http::Response> Service::answer(Operation operation, const httpd::RequestHead& head,
                                              const std::string& body) {
    const auto parsed = json::Document::parse(body);
    const json::Node root = parsed ? parsed->root() : json::Node();
    const std::lock_guard lock(mutex_);
    switch (operation) {
        case Operation::models: return json_reply(std::string(ModelList::built_in().body()));
        case Operation::usage: return usage_limits(head, root);
        case Operation::profiles: return profiles(head);
        case Operation::mcp: return mcp_answer(head, root, scenario_.require_profile);
        case Operation::refresh: return social_refresh(root);
        case Operation::token: return oidc_token(head, root);
        case Operation::idp_token: return idp_token(head, body);
        case Operation::client_register: return client_registration();
        case Operation::device_authorization: return device_authorization();
        case Operation::chat:
        case Operation::unknown: break;
    }
    return refuse(Refusal::unknown_operation);
}

http::Response Service::usage_limits(const httpd::RequestHead& head, json::Node body) {
    const auto in_query = http::query_value(head.query, "profileArn");
    if (scenario_.require_profile && !in_query && !body["profileArn"].is_string())
        return refuse(Refusal::invalid_profile);
    const TokenBook::Login* login = login_of(head);
    const bool with_email = http::query_value(head.query, "isEmailRequired").value_or("") == "true" ||
                            body["isEmailRequired"].as_bool().value_or(false);
    const bool exhausted = login && login->state == TokenState::quota;
    const double used =
        exhausted ? kCreditLimit : std::min(kCreditLimit, 21.38 + (login ? login->credits_used : 0.0));
    const std::int64_t reset = next_reset(clock_.wall());

    http::Response out = json_reply({});
    json::Writer writer(out.body);
    writer.begin_object().member("daysUntilReset", (reset - to_ms(clock_.wall()) / 1000) / 86'400);
    writer.key("limits").begin_array().end_array().member("nextDateReset", reset);
    writer.key("overageConfiguration")
        .begin_object()
        .key("overageLimit")
        .null()
        .member("overageStatus", "DISABLED")
        .end_object();
    writer.key("subscriptionInfo").begin_object().member("overageCapability", "OVERAGE_CAPABLE");
    writer.member("subscriptionManagementTarget", "MANAGE").member("subscriptionTitle", "KIRO FREE");
    writer.member("type", "Q_DEVELOPER_STANDALONE_FREE")
        .member("upgradeCapability", "UPGRADE_CAPABLE")
        .end_object();
    writer.key("totalUsage")
        .null()
        .key("usageBreakdown")
        .null()
        .key("usageBreakdownList")
        .begin_array()
        .begin_object();
    writer.member("resourceType", "CREDIT").member("unit", "INVOCATIONS").member("displayName", "Credit");
    writer.member("displayNamePlural", "Credits").member("currentUsage", static_cast<std::int64_t>(used));
    writer.member("currentUsageWithPrecision", used)
        .member("usageLimit", static_cast<std::int64_t>(kCreditLimit));
    writer.member("usageLimitWithPrecision", kCreditLimit)
        .member("nextDateReset", reset)
        .member("currency", "USD");
    writer.member("overageRate", 0.04).member("overageCharges", 0.0).member("overageCap", 10'000);
    writer.member("overageCapWithPrecision", 10'000.0)
        .member("currentOverages", 0)
        .member("currentOveragesWithPrecision", 0.0);
    writer.key("overageCredits")
        .begin_array()
        .end_array()
        .key("freeTrialInfo")
        .null()
        .key("bonuses")
        .begin_array()
        .end_array();
    writer.end_object().end_array().key("userInfo").begin_object().key("email");
    with_email&& login ? writer.string(login->name + "@example.com") : writer.null();
    writer.member("userId", "d-0000000000.00000000-0000-0000-0000-000000000000").end_object().end_object();
    return out;
}

http::Response Service::profiles(const httpd::RequestHead& head) {
    const TokenBook::Login* login = login_of(head);
    if (login && login->provider == "BuilderId") return refuse(Refusal::builder_id_profiles);
    http::Response out = json_reply({});
    json::Writer writer(out.body);
    writer.begin_object().key("profiles").begin_array();
    if (login)
        writer.begin_object()
            .member("arn", login->profile_arn)
            .member("profileName", login->name)
            .end_object();
    writer.end_array().key("nextToken").null().end_object();
    return out;
}

bool Service::refreshed() {
    ++stats_.refreshes;
    if (scenario_.lose_refresh_answers == 0) return false;
    --scenario_.lose_refresh_answers;
    return true;
}

std::optional<http::Response> Service::social_refresh(json::Node body) {
    const json::Node token = body["refreshToken"];
    if (!token.is_string()) return oauth_error(400, "invalid_request", "refreshToken is required");
    auto issued =
        tokens_.refresh(std::string(token.text()), scenario_.accept_unknown, scenario_.access_lifetime);
    if (!issued) {
        if (issued.error() == TokenBook::Refused::used)
            return oauth_error(400, "invalid_grant", "Invalid refresh token provided");
        http::Response out = json_reply(R"({"message":"Bad credentials"})");
        out.status = 401;
        return out;
    }
    if (refreshed()) return std::nullopt;
    return json_reply(tokens_body(*issued, scenario_.access_lifetime, true));
}

std::optional<http::Response> Service::oidc_token(const httpd::RequestHead& head, json::Node body) {
    // Forms and snake_case names are answered as an unknown client (kiro-upstream 5.5).
    if (!ascii::contains_ignoring_case(head.headers.get("content-type"), "json") ||
        body["clientId"].text().empty() || body["clientSecret"].text().empty()) {
        return oauth_error(401, "invalid_client");
    }
    const std::string_view grant = body["grantType"].text();
    if (grant == "urn:ietf:params:oauth:grant-type:device_code") {
        const auto device = devices_.find(std::string(body["deviceCode"].text()));
        if (device == devices_.end()) return oauth_error(400, "expired_token");
        if (!device->second) {
            device->second = true;
            return oauth_error(400, "authorization_pending");
        }
        devices_.erase(device);
        TokenBook::Login& login = tokens_.new_login(
            "device", "BuilderId", "arn:aws:codewhisperer:us-east-1:638616132270:profile/AAAACCCCXXXX");
        return json_reply(
            tokens_body(tokens_.issue(login, scenario_.access_lifetime), scenario_.access_lifetime, false));
    }
    if (grant != "refresh_token") return oauth_error(400, "unsupported_grant_type");
    auto issued = tokens_.refresh(std::string(body["refreshToken"].text()), scenario_.accept_unknown,
                                  scenario_.access_lifetime);
    if (!issued) return oauth_error(400, "invalid_grant", "Invalid refresh token provided");
    if (refreshed()) return std::nullopt;
    return json_reply(tokens_body(*issued, scenario_.access_lifetime, false));
}

std::optional<http::Response> Service::idp_token(const httpd::RequestHead& head, const std::string& body) {
    if (!ascii::contains_ignoring_case(head.headers.get("content-type"),
                                       "application/x-www-form-urlencoded")) {
        return oauth_error(400, "invalid_request", "a form is expected");
    }
    if (http::query_value(body, "grant_type").value_or("") != "refresh_token")
        return oauth_error(400, "unsupported_grant_type");
    if (http::query_value(body, "client_id").value_or("").empty()) return oauth_error(401, "invalid_client");
    auto issued = tokens_.refresh(http::query_value(body, "refresh_token").value_or(""),
                                  scenario_.accept_unknown, scenario_.access_lifetime);
    if (!issued) return oauth_error(400, "invalid_grant", "The refresh token is not valid");
    if (refreshed()) return std::nullopt;
    http::Response out = json_reply({});
    json::Writer writer(out.body);
    writer.begin_object().member("token_type", "Bearer").member("access_token", issued->access);
    writer.member("refresh_token", issued->refresh)
        .member("expires_in", scenario_.access_lifetime.count())
        .end_object();
    return out;
}

http::Response Service::client_registration() const {
    const std::int64_t now = to_ms(clock_.wall()) / 1000;
    http::Response out = json_reply({});
    json::Writer writer(out.body);
    writer.begin_object().member("clientId", random_.base62(22)).member("clientSecret", random_.base62(64));
    writer.member("clientIdIssuedAt", now).member("clientSecretExpiresAt", now + 90 * 86'400);
    writer.key("authorizationEndpoint").null().key("tokenEndpoint").null().end_object();
    return out;
}

http::Response Service::device_authorization() {
    if (devices_.size() >= kDevicesMax) devices_.erase(devices_.begin());
    const std::string code = random_.base62(40);
    devices_.emplace(code, false);
    http::Response out = json_reply({});
    json::Writer writer(out.body);
    writer.begin_object().member("deviceCode", code).member("userCode", "DEMO-DEMO");
    writer.member("verificationUri", "https://device.sso.us-east-1.amazonaws.com/");
    writer.member("verificationUriComplete",
                  "https://device.sso.us-east-1.amazonaws.com/?user_code=DEMO-DEMO");
    writer.member("expiresIn", 600).member("interval", 1).end_object();
    return out;
}

}  // namespace kg::demo
