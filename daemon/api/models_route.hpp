#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "daemon/api/context.hpp"

namespace kg::api {

/// GET /v1/models and /v1/models/{id} in the shape of the caller's family (client-apis 8), limited
/// to what the key may use.
std::unique_ptr<httpd::Handler> make_models_handler(Context& context, httpd::Exchange& exchange,
                                                    std::string_view id);
/// POST /v1/messages/count_tokens and its like in other APIs: local estimate, no account, the rates
/// of light requests (client-apis 5, 7.6).
std::unique_ptr<httpd::Handler> make_count_tokens_handler(Context& context, const chat::Dialect& dialect);

}  // namespace kg::api
