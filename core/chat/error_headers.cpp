#include "core/chat/error_headers.hpp"

#include <algorithm>

namespace kg::chat {
namespace {

/// Retriable answers must say when; this is the answer when nobody knows.
constexpr std::int64_t kDefaultRetrySeconds = 5;
constexpr int kUnauthorized = 401, kTooManyRequests = 429, kUnavailable = 503, kOverloaded = 529;

bool asks_for_patience(int status) {
    return status == kTooManyRequests || status == kUnavailable || status == kOverloaded;
}

}  // namespace

http::Headers error_headers(const Error& error, int status) {
    http::Headers headers;
    headers.add("content-type", "application/json");
    const bool permanent = error_row(error.kind).permanent;
    if (error.retry_after) {
        const auto ms = std::max<std::int64_t>(error.retry_after->count(), 0);
        headers.add("retry-after", std::to_string(std::max<std::int64_t>(ms / 1000 + (ms % 1000 != 0), 1)));
    } else if (!permanent && asks_for_patience(status)) {
        headers.add("retry-after", std::to_string(kDefaultRetrySeconds));
    }
    if (permanent) headers.add("x-should-retry", "false");
    if (status == kUnauthorized) headers.add("www-authenticate", "Bearer");
    return headers;
}

std::string error_sentence(const Error& error) {
    if (!error.message.empty()) return error.message;
    std::string sentence(error_name(error.kind));
    std::replace(sentence.begin(), sentence.end(), '_', ' ');
    return sentence;
}

}  // namespace kg::chat
