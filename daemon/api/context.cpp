#include "daemon/api/context.hpp"

namespace kg::api {
namespace {

bool wants_anthropic(const httpd::RequestHead& head) {
    const std::string_view path = head.path;
    if (path.find("/messages") != path.npos) return true;
    if (path.find("/chat/completions") != path.npos || path.find("/responses") != path.npos) return false;
    return head.headers.has("anthropic-version") ||
           (head.headers.has("x-api-key") && !head.headers.has("authorization"));
}

}  // namespace

const chat::Dialect& dialect_of(const httpd::RequestHead& head, const Dialects& dialects) {
    if (wants_anthropic(head)) return *dialects.anthropic;
    return head.path.find("/responses") == head.path.npos ? *dialects.openai : *dialects.responses;
}

http::Response ErrorRenderer::render(const httpd::RequestHead* head, const Error& error,
                                     std::string_view request_id) const {
    const auto& dialect = head ? dialect_of(*head, dialects_) : *dialects_.openai;
    return dialect.encode_error(error, request_id);
}

}  // namespace kg::api
