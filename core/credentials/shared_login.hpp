#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/base/secret.hpp"

/// Logins that belong to another program, which kirogate follows instead of copying them.
namespace kg::credentials {

/// What such a program wrote down of one login. Empty: it says nothing of it.
struct SharedLogin {
    Secret access_token, refresh_token;
    std::int64_t expires_at_ms = 0;  // of the access token; 0: not told
    std::string auth_method, provider, auth_region, profile_arn, token_endpoint, scopes;
    std::string client_id;  // idc: from the registration beside the file
    Secret client_secret;
};

/// Why a login could not be read or written.
struct FileFailure {
    enum class Kind : std::uint8_t {
        busy,     // somebody else works on it: try again soon
        missing,  // there is no such file, or no login in it: its program signed out
        broken,   // not (yet) readable as JSON: perhaps it is being written
        failed,   // the system refuses: permissions, a full disk
    } kind = Kind::failed;
    std::string what;  // for the log; never a secret
};

/// Reads one credential object of the Kiro IDE's form (kiro-upstream 5.2, camelCase or snake_case).
/// `folder` is where the client registration `<clientIdHash>.json` lies.
Result<SharedLogin, FileFailure> parse_login(std::string text, const std::string& folder);

/// Tokens that a refresh gave. An empty refresh token or profile: the old one stays.
struct NewTokens {
    Secret access_token, refresh_token;
    std::int64_t expires_at_ms = 0;
    std::string profile_arn;
};

/// `text` with these tokens in place of the old ones; everything else, unknown members and white
/// space included, stays as it is, and the expiry keeps its form (RFC 3339, seconds, milliseconds).
Result<std::string, FileFailure> with_tokens(std::string text, const NewTokens& tokens);

}  // namespace kg::credentials
