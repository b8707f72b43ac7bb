#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/secret.hpp"

namespace kg::access {

/// Who a request comes from, after its key was checked (seed section 2, client-apis 2).
struct Principal {
    enum class Kind : std::uint8_t { proxy, tenant, managed };
    Kind kind = Kind::proxy;
    std::string key_id;    // managed keys; "" otherwise
    Secret refresh_token;  // tenants: the part after the first colon
    std::vector<std::string> allowed_models;
    std::vector<std::string> allowed_accounts;

    /// Allowed models are checked after alias resolution, against both spellings of the model.
    bool may_use_model(std::string_view wire_id, std::string_view public_name) const;
};

/// What to tell a tenant whose long-lived token came over a plain connection from another machine
/// (seed B20); empty when there is nothing to tell. `peer` is an address, or "unix".
std::string exposure_warning(const Principal& principal, std::string_view peer);

}  // namespace kg::access
