#pragma once

#include <memory>
#include <string_view>

#include "daemon/api/context.hpp"
#include "daemon/http/exchange.hpp"

namespace kg::api {

/// POST /v1/responses: the chat handler, which knows nothing of kept answers, and around it, when
/// answers are kept, a handler that continues conversations and keeps what was answered.
std::unique_ptr<httpd::Handler> make_responses_handler(Context& context, httpd::Exchange& exchange);
/// GET and DELETE /v1/responses/{id}: a kept answer of the same key; 404 when none are kept.
std::unique_ptr<httpd::Handler> make_kept_response_handler(Context& context, std::string_view id);

}  // namespace kg::api
