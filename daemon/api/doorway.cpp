#include "daemon/api/doorway.hpp"

namespace kg::api {

Result<Visitor, access::Refusal> identify(Context& context, const httpd::RequestHead& head) {
    const auto address = context.proxies.client_of(head.peer, head.headers);
    auto principal = context.access.authenticate(head.headers, address);
    if (principal) return Visitor{std::move(*principal), address};
    KG_CHECK(context.access.admit_stranger(address));
    return Err(access::Refusal{.error = std::move(principal).error(), .limit = {}, .rates = {}});
}

Result<Visitor, access::Refusal> let_in_light(Context& context, const httpd::RequestHead& head) {
    KG_TRY(visitor, identify(context, head));
    KG_CHECK(context.access.admit_light(visitor.principal, visitor.address));
    return std::move(visitor);
}

Result<void, access::Refusal> let_in_stranger(Context& context, const httpd::RequestHead& head) {
    return context.access.admit_stranger(context.proxies.client_of(head.peer, head.headers));
}

http::Response render(const access::Refusal& refusal, const chat::Dialect& dialect,
                      std::string_view request_id) {
    auto response = dialect.encode_error(refusal.error, request_id);
    dialect.add_rate_limits(refusal.rates, response.headers);
    if (!refusal.limit.empty()) response.headers.add("x-kirogate-limit", refusal.limit);
    return response;
}

}  // namespace kg::api
