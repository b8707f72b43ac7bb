#include "core/kiro/refresh_answer.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "core/base/ascii.hpp"
#include "core/json/document.hpp"
#include "core/kiro/redact.hpp"

namespace kg::kiro {
namespace {

constexpr std::int64_t kLifetimeMaxSeconds = 90 * 86'400;

/// Codes of OAuth and exception names of AWS; both are compared without case and separators.
struct Refusal {
    std::string_view code;
    bool login_lost;
    bool rate_limited;
};
constexpr std::array kRefusals = std::to_array<Refusal>({
    {"invalidgrant", true, false},
    {"invalidclient", true, false},
    {"expiredclient", true, false},
    {"expiredtoken", true, false},
    {"accessdenied", true, false},
    {"unauthorizedclient", true, false},
    {"interactionrequired", true, false},
    {"slowdown", false, true},
    {"throttling", false, true},
    {"toomanyrequests", false, true},
});

/// "com.amazonaws.ssooidc#InvalidGrantException" and "invalid_grant" are "invalidgrant".
std::string folded_code(std::string_view code) {
    if (const std::size_t hash = code.find('#'); hash != std::string_view::npos) code.remove_prefix(hash + 1);
    code = code.substr(0, code.find(':'));
    std::string out;
    for (const char c : code) {
        if (ascii::is_alpha(c)) out += ascii::lower(c);
    }
    if (out.ends_with("exception")) out.resize(out.size() - 9);
    return out;
}

struct Told {
    std::string code;  // as sent
    std::string message;
};

Told read_refusal(const http::Response& response) {
    Told told;
    const auto document = json::Document::parse(response.body);
    if (document) {
        const json::Node root = document->root();
        for (const char* key : {"error", "__type", "code"}) {
            if (told.code.empty()) told.code = root[key].text();
        }
        for (const char* key : {"error_description", "message", "Message"}) {
            if (told.message.empty()) told.message = root[key].text();
        }
    }
    if (told.code.empty()) told.code = response.headers.get("x-amzn-errortype");
    return told;
}

RefreshFailure refusal(AuthMethod method, const http::Response& response) {
    const Told told = read_refusal(response);
    const std::string code = folded_code(told.code);
    RefreshFailure failure;
    failure.reason = told.code.empty() ? "HTTP " + std::to_string(response.status) : redacted(told.code, 80);
    if (!told.message.empty()) failure.reason += " (" + redacted(told.message, 200) + ")";

    if (response.status == 429) {
        failure.rate_limited = true;
        return failure;
    }
    if (response.status >= 500) return failure;
    // A pause of sign-ups says nothing about this login.
    if (ascii::contains_ignoring_case(told.message, "signups are temporarily paused")) return failure;
    for (const Refusal& known : kRefusals) {
        if (known.code != code) continue;
        failure.login_lost = known.login_lost;
        failure.rate_limited = known.rate_limited;
        return failure;
    }
    if (ascii::contains_ignoring_case(told.message, "invalid refresh token")) failure.login_lost = true;
    if (method == AuthMethod::social) {
        failure.login_lost = failure.login_lost || response.status == 401 || response.status == 403;
    }
    return failure;
}

RefreshFailure malformed(std::string_view why) {
    RefreshFailure failure;
    failure.reason = "malformed answer: " + std::string(why);
    return failure;
}

/// A token goes into a header line: nothing but visible ASCII.
bool is_token_text(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

Result<RefreshedTokens, RefreshFailure> read_refresh_answer(AuthMethod method,
                                                            const http::Response& response) {
    if (response.status != 200) return Err(refusal(method, response));
    const auto document = json::Document::parse(response.body);
    if (!document || !document->root().is_object()) return Err(malformed("no JSON object"));
    const json::Node root = document->root();
    const bool snake = method == AuthMethod::external_idp;
    const json::Node access = root[snake ? "access_token" : "accessToken"];
    const json::Node refresh = root[snake ? "refresh_token" : "refreshToken"];
    const json::Node lifetime = root[snake ? "expires_in" : "expiresIn"];
    const json::Node arn = root["profileArn"];

    if (!access.is_string() || access.text().empty() || !is_token_text(access.text())) {
        return Err(malformed("no access token"));
    }
    if (!refresh.is_null_or_missing() && (!refresh.is_string() || !is_token_text(refresh.text()))) {
        return Err(malformed("the refresh token is no text"));
    }
    RefreshedTokens tokens;
    if (!lifetime.is_null_or_missing()) {
        // Some identity providers write the number as a string.
        auto seconds = lifetime.as_int();
        if (!seconds && lifetime.as_double()) seconds = static_cast<std::int64_t>(*lifetime.as_double());
        if (!seconds && lifetime.is_string() && lifetime.text().size() < 10) {
            std::int64_t value = lifetime.text().empty() ? -1 : 0;
            for (const char c : lifetime.text()) {
                value = !ascii::is_digit(c) || value < 0 ? -1 : value * 10 + (c - '0');
            }
            seconds = value;
        }
        if (!seconds || *seconds <= 0) return Err(malformed("the lifetime is no positive number"));
        tokens.expires_in = std::chrono::seconds(std::min(*seconds, kLifetimeMaxSeconds));
    }
    tokens.access_token = Secret(std::string(access.text()));
    tokens.refresh_token = Secret(std::string(refresh.text()));
    if (arn.is_string() && valid_profile_arn(arn.text())) tokens.profile_arn = arn.text();
    return tokens;
}

}  // namespace kg::kiro
