#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.hpp"
#include "core/base/result.hpp"
#include "core/http/message.hpp"

namespace kg::admin {

/// Why the admin API refuses a request. One shape for all of them:
/// {"error":{"code","message","field"},"request_id"}; `field` is the JSON path, header or query
/// parameter at fault, or null. A bad body is 400 when it is no JSON and 422 when a field is wrong.
struct Failure {
    int status = 500;
    std::string code = "internal";  // stable, for programs
    std::string message{};          // one sentence, no secret
    std::string field{};
    std::optional<std::chrono::seconds> retry_after{};
    std::string detail{};  // for the log only
};

Failure invalid(std::string field, std::string message);   // 422
Failure bad_query(std::string name, std::string message);  // 400: a parameter of the query string
Failure not_found(std::string_view what);                  // 404: "no such account"
Failure conflict(std::string field, std::string message);  // 409
Failure changed_meanwhile();                               // 412: If-Match names another state
Failure busy();                                            // 503: a queue is full
/// What store and JSON say, with their snake_case field names as this API spells them.
Failure failure_of(const Error& error);

/// "allowed_models" is allowedModels here.
std::string camel_case(std::string_view name);

http::Response render(const Failure& failure, std::string_view request_id);
http::Response json_response(int status, std::string body);

using Reply = Result<http::Response, Failure>;

/// As KG_TRY, for verbs of the store inside a function that returns a Reply or Result<_, Failure>.
#define KG_ASK(name, expr)                                                                           \
    auto name##_result = (expr);                                                                     \
    if (!name##_result) return ::kg::Err(::kg::admin::failure_of(std::move(name##_result).error())); \
    auto& name = *name##_result

}  // namespace kg::admin
