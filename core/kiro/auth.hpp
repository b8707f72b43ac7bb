#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.hpp"
#include "core/base/result.hpp"
#include "core/base/unique_function.hpp"
#include "core/fetch/fetcher.hpp"
#include "core/kiro/account.hpp"
#include "core/kiro/endpoints.hpp"
#include "core/kiro/failure.hpp"

namespace kg::kiro {

struct RefreshInput {
    AuthMethod auth_method = AuthMethod::social;
    Secret refresh_token;
    std::string client_id;  // idc, external_idp
    Secret client_secret;   // idc
    std::string auth_region;
    std::string token_endpoint;  // external_idp
    std::string scopes;          // external_idp
    std::string machine_id;
    std::string proxy;
};

struct RefreshedTokens {
    Secret access_token;
    Secret refresh_token;  // empty: keep the old one
    std::chrono::seconds expires_in{3600};
    std::string profile_arn;  // empty: not told
};

/// Why a refresh failed (kiro-upstream 5.5): `login_lost` is final, anything else transient.
struct RefreshFailure {
    bool login_lost = false;
    bool rate_limited = false;  // wait at least 60 s
    std::string reason;         // "invalid_grant", "HTTP 503", for the log and `account show`
};

/// Why a refresh with this input would be pointless (an API key, nothing to refresh with, a token
/// endpoint that must not be trusted), or nothing.
std::optional<RefreshFailure> refresh_obstacle(const RefreshInput& input);

/// One refresh call. Destroying cancels; otherwise `done` is called exactly once, on the loop,
/// never before the constructor returns. `done` may destroy the Refresh.
class Refresh {
  public:
    using Done = UniqueFunction<void(Result<RefreshedTokens, RefreshFailure>)>;
    Refresh(fetch::Fetcher& fetcher, const UpstreamOptions& options, RefreshInput input, Done done);
    ~Refresh();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Accepts RFC 3339 (0-9 fraction digits, with or without zone), epoch seconds and milliseconds.
std::optional<WallTime> parse_expiry(std::string_view text);

}  // namespace kg::kiro
