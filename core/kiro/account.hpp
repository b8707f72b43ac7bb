#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/secret.hpp"

namespace kg::kiro {

/// How an account signs in (kiro-upstream 5.1).
enum class AuthMethod : std::uint8_t { social, idc, external_idp, api_key };
std::string_view auth_method_name(AuthMethod method);  // "social", "idc", "external-idp", "api-key"
/// Accepts every spelling of account-manager 1.2 ("IdC", "builder-id", "api_key", ...).
std::optional<AuthMethod> parse_auth_method(std::string_view text);

/// What one upstream call needs to know of an account. A value: copied out of the pool under its
/// lock, so that a refresh on another thread changes nothing under a running call.
struct Caller {
    AuthMethod auth_method = AuthMethod::social;
    std::string provider;     // "BuilderId", "Google", "Github", "Enterprise", "" ...
    Secret access_token;      // for api_key accounts the key itself
    std::string profile_arn;  // "" when unknown
    std::string auth_region;  // OIDC region, default us-east-1
    std::string api_region;   // "" = derive (kiro-upstream 1.1)
    std::string machine_id;   // 64 hex digits, stable for the account
    std::string proxy;        // "" = none
};

/// Region of the data and control plane: explicit setting, else the ARN's, else mapped from the
/// sign-in region, else us-east-1.
std::string api_region_of(const Caller& caller);
bool valid_region(std::string_view region);  // ^[a-z]{2}(-[a-z]+)+-\d$
bool valid_profile_arn(std::string_view arn);
/// Fixed ARNs of Builder ID and social providers (kiro-upstream 1.9); "" when the account must ask.
std::string default_profile_arn(AuthMethod method, std::string_view provider);

}  // namespace kg::kiro
