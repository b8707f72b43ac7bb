#pragma once

#include <optional>
#include <string>

#include "core/base/digest.hpp"
#include "core/base/random.hpp"
#include "core/base/result.hpp"
#include "core/config/config.hpp"
#include "core/store/store.hpp"

namespace kg::daemon {

/// What the first `serve` makes when the configuration names no secrets.
struct FirstSecrets {
    std::optional<Secret> proxy_key;  // set only when generated just now: print once
    std::optional<Secret> admin_password;
    Sha256 proxy_key_hash{};  // what holds
};

/// The configured proxy key, or the stored hash of a generated one, or a new one. Only hashes are
/// stored: the proxy key's SHA-256 (it is random), the admin password's scrypt hash.
Result<FirstSecrets> ensure_secrets(store::Stores& stores, const config::Auth& auth, Random& random);

/// What the command line shows the daemon to be told about the pool; made at the first call, kept
/// sealed in the store. Whoever can read the state directory's seal key is the operator.
inline constexpr std::string_view kOperatorToken = "auth.operator_token";
Result<Secret> ensure_operator_token(store::Stores& stores, Random& random);

}  // namespace kg::daemon
