#pragma once

#include "cmd/context.hpp"
#include "cmd/exit_code.hpp"
#include "cmd/options.hpp"
#include "core/chat/request.hpp"

namespace kg::cmd {

/// Asks a running gateway through its OpenAI API; the key comes from --key-file or
/// $KIROGATE_API_KEY.
Result<ExitCode> chat_remote(const chat::Request& request, const ChatOptions& options, Context& context);

}  // namespace kg::cmd
