#include "core/openai_family/error_body.hpp"

#include "core/chat/error_headers.hpp"
#include "core/json/writer.hpp"

namespace kg::openai_family {
namespace {

std::string_view default_param(ErrorKind kind, std::string_view prompt_field) {
    if (kind == ErrorKind::context_too_long) return prompt_field;
    if (kind == ErrorKind::model_not_found) return "model";
    return {};
}

void write_or_null(json::Writer& writer, std::string_view key, std::string_view value) {
    writer.key(key);
    if (value.empty()) {
        writer.null();
    } else {
        writer.string(value);
    }
}

}  // namespace

void append_error_body(std::string& out, const Error& error, std::string_view prompt_field) {
    const ErrorRow& row = error_row(error.kind);
    json::Writer writer(out);
    writer.begin_object().key("error").begin_object();
    writer.member("message", chat::error_sentence(error)).member("type", row.openai_type);
    write_or_null(
        writer, "param",
        error.param.empty() ? default_param(error.kind, prompt_field) : std::string_view(error.param));
    write_or_null(writer, "code", error.code.empty() ? row.openai_code : std::string_view(error.code));
    writer.end_object().end_object();
}

http::Response encode_error(const Error& error, std::string_view prompt_field) {
    http::Response response;
    response.status = error_row(error.kind).openai_status;
    response.headers = chat::error_headers(error, response.status);
    append_error_body(response.body, error, prompt_field);
    return response;
}

}  // namespace kg::openai_family
