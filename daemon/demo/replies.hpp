#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/http/message.hpp"

namespace kg::demo {

/// The service's own error answers (kiro-upstream 10.4), word for word.
enum class Refusal : std::uint8_t {
    improperly_formed,
    too_long,
    invalid_model,
    bad_signature,
    profile_required,
    invalid_profile,
    bad_tool_use,
    bearer_missing,
    bearer_invalid,
    token_expired,
    suspended,
    quota,
    throttled,
    no_capacity,
    model_unavailable,
    unknown_operation,
    builder_id_profiles,
};
http::Response refuse(Refusal refusal);
/// "Invalid additionalModelRequestFields: ..." and its kind: a validation error with its own
/// message.
http::Response refuse_fields(std::string_view message);
/// OAuth errors: {"error": code, "error_description": text or null}.
http::Response oauth_error(int status, std::string_view code, std::string_view description = {});
http::Response json_reply(std::string body);

}  // namespace kg::demo
