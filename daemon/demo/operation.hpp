#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/http/message.hpp"

namespace kg::demo {

/// What a request asks of the service, whatever the endpoint generation (kiro-upstream 1.2-1.8).
enum class Operation : std::uint8_t {
    chat,
    models,
    usage,
    profiles,
    mcp,
    refresh,    // social: /refreshToken
    token,      // OIDC: /token
    idp_token,  // an external identity provider's token endpoint: /oauth2/token
    client_register,
    device_authorization,
    unknown,
};
constexpr std::size_t kOperations = 11;

std::string_view operation_name(Operation operation);
std::optional<Operation> parse_operation(std::string_view name);
/// By path (without case on the control plane), or by x-amz-target when the path is "/".
Operation find_operation(http::Method method, std::string_view path, std::string_view target);
/// Whether the operation is called with a bearer token.
bool needs_bearer(Operation operation);

}  // namespace kg::demo
