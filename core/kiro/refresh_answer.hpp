#pragma once

#include <string_view>

#include "core/base/result.hpp"
#include "core/http/message.hpp"
#include "core/kiro/auth.hpp"

namespace kg::kiro {

/// Reads the answer of a token endpoint (kiro-upstream 5.5), success or refusal. Pure.
Result<RefreshedTokens, RefreshFailure> read_refresh_answer(AuthMethod method,
                                                            const http::Response& response);

}  // namespace kg::kiro
