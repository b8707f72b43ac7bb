#pragma once

#include <string_view>

#include "core/access/principal.hpp"
#include "core/access/reservation.hpp"
#include "core/base/ip_network.hpp"
#include "core/base/result.hpp"
#include "daemon/api/context.hpp"

/// The first thing every route does, on the head: who asks, and may it come in now.
namespace kg::api {

struct Visitor {
    access::Principal principal;
    IpAddress address;
};

/// Checks the key. Wrong keys count against the rate of their address.
Result<Visitor, access::Refusal> identify(Context& context, const httpd::RequestHead& head);
/// identify(), and the rates of requests that start no conversation.
Result<Visitor, access::Refusal> let_in_light(Context& context, const httpd::RequestHead& head);
/// For routes that need no key.
Result<void, access::Refusal> let_in_stranger(Context& context, const httpd::RequestHead& head);

/// 401, 403 or 429 with Retry-After, the dialect's rate-limit headers and, for a limit, its name in
/// x-kirogate-limit (seed F6).
http::Response render(const access::Refusal& refusal, const chat::Dialect& dialect,
                      std::string_view request_id);

}  // namespace kg::api
