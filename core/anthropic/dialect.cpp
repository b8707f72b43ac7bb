#include "core/anthropic/dialect.hpp"

#include "core/anthropic/decode.hpp"
#include "core/anthropic/encode.hpp"
#include "core/anthropic/error_body.hpp"
#include "core/anthropic/models.hpp"
#include "core/anthropic/rate_headers.hpp"
#include "core/anthropic/stream_encoder.hpp"
#include "core/chat/estimate.hpp"
#include "core/json/writer.hpp"

namespace kg::anthropic {
namespace {

class AnthropicDialect final : public chat::Dialect {
  public:
    std::string_view name() const override { return "anthropic"; }
    Result<chat::Request> decode(const json::Document& body, const http::Headers& headers) const override {
        KG_TRY(request, decode_request(body.root(), headers, Purpose::answer));
        request.source = body;
        return std::move(request);
    }
    std::string encode(const chat::Response& response, const chat::Request& request,
                       const chat::AnswerContext& context) const override {
        return encode_response(response, request, context);
    }
    std::unique_ptr<chat::StreamEncoder> stream(const chat::Request& request,
                                                const chat::AnswerContext& context) const override {
        return std::make_unique<StreamEncoder>(request, context);
    }
    http::Response encode_error(const Error& error, std::string_view request_id) const override {
        return anthropic::encode_error(error, request_id);
    }
    void add_rate_limits(const http::RateLimits& rates, http::Headers& headers) const override {
        anthropic::add_rate_limits(rates, headers);
    }
    Result<std::string> count_tokens(const json::Document& body,
                                     const chat::Calibrate& calibrate) const override {
        KG_TRY(request, decode_request(body.root(), http::Headers{}, Purpose::count));
        std::string out;
        json::Writer writer(out);
        const auto tokens = calibrate(request.model, chat::estimate_prompt_tokens(request));
        writer.begin_object().member("input_tokens", tokens).end_object();
        return out;
    }
    std::string encode_models(std::span<const chat::ModelInfo> models,
                              std::string_view query) const override {
        return anthropic::encode_models(models, query);
    }
    std::string encode_model(const chat::ModelInfo& model) const override {
        return anthropic::encode_model(model);
    }
};

}  // namespace

std::unique_ptr<chat::Dialect> make_dialect() {
    return std::make_unique<AnthropicDialect>();
}

}  // namespace kg::anthropic
