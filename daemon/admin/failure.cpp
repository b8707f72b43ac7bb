#include "daemon/admin/failure.hpp"

#include "core/json/writer.hpp"

namespace kg::admin {

Failure invalid(std::string field, std::string message) {
    return {.status = 422,
            .code = "invalid_field",
            .message = std::move(message),
            .field = std::move(field),
            .retry_after = {},
            .detail = {}};
}

Failure bad_query(std::string name, std::string message) {
    return {.status = 400, .code = "invalid_query", .message = std::move(message), .field = std::move(name)};
}

Failure not_found(std::string_view what) {
    return {.status = 404, .code = "not_found", .message = "there is no such " + std::string(what)};
}

Failure conflict(std::string field, std::string message) {
    return {.status = 409, .code = "conflict", .message = std::move(message), .field = std::move(field)};
}

Failure changed_meanwhile() {
    return {.status = 412,
            .code = "precondition_failed",
            .message = "it was changed meanwhile: read it again",
            .field = "If-Match"};
}

Failure busy() {
    return {.status = 503,
            .code = "busy",
            .message = "too many requests wait for the store",
            .field = {},
            .retry_after = std::chrono::seconds(1),
            .detail = {}};
}

std::string camel_case(std::string_view name) {
    std::string out;
    bool upper = false;
    for (const char c : name) {
        if (c == '_') {
            upper = !out.empty();
            continue;
        }
        out += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
        upper = false;
    }
    return out;
}

Failure failure_of(const Error& error) {
    const auto field = camel_case(error.param);
    // The store's rules begin their sentences with the name of the field.
    auto message = error.message;
    if (!error.param.empty() && message.starts_with(error.param + ": "))
        message.erase(0, error.param.size() + 2);
    switch (error.kind) {
        case ErrorKind::malformed_request:
            if (error.message.starts_with("there is already")) return conflict(field, std::move(message));
            return invalid(field, std::move(message));
        case ErrorKind::overloaded: return busy();
        case ErrorKind::upstream_auth:
        case ErrorKind::upstream_failed:
        case ErrorKind::upstream_forbidden:
        case ErrorKind::upstream_throttled:
        case ErrorKind::upstream_timeout:
        case ErrorKind::account_suspended:
            return {.status = 502, .code = "upstream", .message = std::move(message), .detail = error.detail};
        case ErrorKind::no_account: return not_found("account");
        default: break;
    }
    return {.status = 500,
            .code = "internal",
            .message = error.kind == ErrorKind::store_failed ? "the database does not answer as it should"
                                                             : "something went wrong",
            .field = {},
            .retry_after = {},
            .detail = error.message + (error.detail.empty() ? "" : ": " + error.detail)};
}

http::Response json_response(int status, std::string body) {
    http::Response response{.status = status, .headers = {}, .body = std::move(body)};
    response.headers.add("content-type", "application/json");
    response.headers.add("cache-control", "no-store");
    response.headers.add("x-content-type-options", "nosniff");
    return response;
}

http::Response render(const Failure& failure, std::string_view request_id) {
    std::string body;
    json::Writer w(body);
    w.begin_object().key("error").begin_object().member("code", failure.code);
    w.member("message", failure.message).key("field");
    failure.field.empty() ? w.null() : w.string(failure.field);
    w.end_object().member("request_id", request_id).end_object();
    auto response = json_response(failure.status, std::move(body));
    if (failure.status == 401) response.headers.add("www-authenticate", "Bearer realm=\"kirogate admin\"");
    if (failure.retry_after)
        response.headers.add("retry-after",
                             std::to_string(std::max<std::int64_t>(failure.retry_after->count(), 1)));
    return response;
}

}  // namespace kg::admin
