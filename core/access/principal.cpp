#include "core/access/principal.hpp"

#include <algorithm>

#include "core/base/ascii.hpp"
#include "core/http/url.hpp"

namespace kg::access {

const std::string& Principal::key_id() const {
    static const std::string kNone;
    return key ? key->id : kNone;
}

const std::vector<std::string>& Principal::allowed_accounts() const {
    static const std::vector<std::string> kAll;
    return key ? key->allowed_accounts : kAll;
}

const std::vector<std::string>& Principal::allowed_groups() const {
    static const std::vector<std::string> kAll;
    return key ? key->allowed_groups : kAll;
}

bool Principal::may_use_model(std::string_view wire_id, std::string_view public_name) const {
    if (!key) return true;
    const auto matches = [&](const std::string& pattern) {
        return ascii::matches_pattern(wire_id, pattern) || ascii::matches_pattern(public_name, pattern);
    };
    if (std::ranges::any_of(key->denied_models, matches)) return false;
    return key->allowed_models.empty() || std::ranges::any_of(key->allowed_models, matches);
}

std::string exposure_warning(const Principal& principal, std::string_view peer) {
    if (principal.kind != Principal::Kind::tenant || peer == "unix" || http::is_loopback_host(peer))
        return {};
    return "the refresh token in the key may have travelled unencrypted; put TLS in front of the "
           "gateway or use a managed key";
}

}  // namespace kg::access
