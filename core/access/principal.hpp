#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/secret.hpp"
#include "core/store/records.hpp"

namespace kg::access {

/// Who a request comes from, after its key was checked (seed section 2, client-apis 2).
struct Principal {
    enum class Kind : std::uint8_t { proxy, tenant, managed };
    Kind kind = Kind::proxy;
    Secret refresh_token;                   // tenants: the part after the first colon
    std::shared_ptr<const store::Key> key;  // managed keys, as it was when the request came; else null

    const std::string& key_id() const;  // "" without a managed key
    const std::vector<std::string>& allowed_accounts() const;
    const std::vector<std::string>& allowed_groups() const;
    bool limits_models() const { return key && !(key->allowed_models.empty() && key->denied_models.empty()); }
    /// Patterns are checked after alias resolution, against both spellings of the model; a denied
    /// one stays denied.
    bool may_use_model(std::string_view wire_id, std::string_view public_name) const;
};

/// What to tell a tenant whose long-lived token came over a plain connection from another machine
/// (seed B20); empty when there is nothing to tell. `peer` is an address, or "unix".
std::string exposure_warning(const Principal& principal, std::string_view peer);

}  // namespace kg::access
