#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/base/error.hpp"
#include "core/base/result.hpp"
#include "core/chat/event.hpp"
#include "core/chat/request.hpp"
#include "core/chat/response.hpp"
#include "core/http/message.hpp"
#include "core/http/rate_limits.hpp"
#include "core/json/document.hpp"

namespace kg::chat {

/// What an answer needs beside its contents; filled by the route.
struct AnswerContext {
    std::string request_id;                   // "req_..."
    std::string unique;                       // 24 base62 characters: "msg_" + unique, "chatcmpl-" + unique
    std::int64_t created = 0;                 // epoch seconds
    std::uint64_t input_tokens_estimate = 0;  // for Anthropic's message_start
};

/// Writes one streamed answer as server-sent events. A pure codec: every call appends whole SSE
/// frames to `out`. Order: begin, event*, then finish (after MessageEnd, with the reconciled usage)
/// or fail. keep_alive may come anywhere after begin. The request may be gone by then.
class StreamEncoder {
  public:
    virtual ~StreamEncoder() = default;
    virtual void begin(std::string& out) = 0;
    virtual void event(const StreamEvent& event,
                       std::string& out) = 0;  // ignores Usage and MessageEnd
    virtual void finish(StopReason reason, std::string_view stop_sequence, const FinalUsage& usage,
                        std::string& out) = 0;
    virtual void fail(const Error& error, std::string& out) = 0;
    virtual void keep_alive(std::string& out) = 0;
    /// Bytes of the answer that are kept for later frames, for the caller's limit.
    virtual std::size_t size_bytes() const { return 0; }
};

/// Makes a local estimate the one of a model: (model as the client wrote it, estimate) -> tokens.
using Calibrate = std::function<std::uint64_t(std::string_view, std::uint64_t)>;

/// One client API. Adding an API is one of these and its rows in the route table. Stateless,
/// shared by all threads.
class Dialect {
  public:
    virtual ~Dialect() = default;
    virtual std::string_view name() const = 0;  // "openai", "anthropic", ...; stands in records
    /// `headers` are the request's; errors carry the JSON path in `param`.
    virtual Result<Request> decode(const json::Document& body, const http::Headers& headers) const = 0;
    virtual std::string encode(const Response& response, const Request& request,
                               const AnswerContext& context) const = 0;
    virtual std::unique_ptr<StreamEncoder> stream(const Request& request,
                                                  const AnswerContext& context) const = 0;
    /// Status, headers (content-type, retry-after, x-should-retry, www-authenticate) and body.
    virtual http::Response encode_error(const Error& error, std::string_view request_id) const = 0;
    /// The headers by which clients of this API pace themselves; none where no limiter is active.
    virtual void add_rate_limits(const http::RateLimits& rates, http::Headers& headers) const = 0;
    /// The answer to a request to count the tokens of `body`, for an API that has one.
    virtual Result<std::string> count_tokens(const json::Document&, const Calibrate&) const {
        return Err(Error{.kind = ErrorKind::route_not_found, .message = "this API does not count tokens"});
    }
    virtual std::string encode_models(std::span<const ModelInfo> models, std::string_view query) const = 0;
    virtual std::string encode_model(const ModelInfo& model) const = 0;
};

}  // namespace kg::chat
