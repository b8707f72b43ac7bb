#include "core/anthropic/error_body.hpp"

#include <string>

#include "core/chat/error_headers.hpp"
#include "core/json/writer.hpp"

namespace kg::anthropic {
namespace {

constexpr std::string_view kThreadCode = "thread_unsupported_request";

/// Clients of this API read the name out of "model: NAME"; elsewhere the sentence quotes it.
std::string model_message(const std::string& sentence) {
    if (sentence.starts_with("model: ")) return sentence;
    const auto open = sentence.find_first_of("'\"`");
    if (open == std::string::npos) return sentence;
    const auto close = sentence.find(sentence[open], open + 1);
    if (close == std::string::npos) return sentence;
    return "model: " + sentence.substr(open + 1, close - open - 1);
}

}  // namespace

http::Response encode_error(const Error& error, std::string_view request_id) {
    const ErrorRow& row = error_row(error.kind);
    std::string sentence = chat::error_sentence(error);
    if (error.kind == ErrorKind::model_not_found) sentence = model_message(sentence);
    http::Response response;
    response.status = row.anthropic_status;
    response.headers = chat::error_headers(error, response.status);
    json::Writer writer(response.body);
    writer.begin_object().member("type", "error").key("error").begin_object();
    writer.member("type", row.anthropic_type).member("message", sentence);
    if (error.code == kThreadCode) {
        writer.key("details").begin_object().member("error_code", kThreadCode);
        writer.key("unsupported").begin_array().end_array().end_object();
    }
    writer.end_object().member("request_id", request_id).end_object();
    return response;
}

}  // namespace kg::anthropic
