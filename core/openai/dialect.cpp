#include "core/openai/dialect.hpp"

#include "core/openai/decode.hpp"
#include "core/openai/encode.hpp"
#include "core/openai/error_body.hpp"
#include "core/openai/models.hpp"
#include "core/openai/rate_headers.hpp"
#include "core/openai/stream_encoder.hpp"

namespace kg::openai {
namespace {

class OpenaiDialect final : public chat::Dialect {
  public:
    std::string_view name() const override { return "openai"; }
    Result<chat::Request> decode(const json::Document& body, const http::Headers& headers) const override {
        KG_TRY(request, decode_request(body.root(), headers));
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
    http::Response encode_error(const Error& error, std::string_view) const override {
        return openai::encode_error(error);
    }
    void add_rate_limits(const http::RateLimits& rates, http::Headers& headers) const override {
        openai::add_rate_limits(rates, headers);
    }
    std::string encode_models(std::span<const chat::ModelInfo> models, std::string_view) const override {
        return openai::encode_models(models);
    }
    std::string encode_model(const chat::ModelInfo& model) const override {
        return openai::encode_model(model);
    }
};

}  // namespace

std::unique_ptr<chat::Dialect> make_dialect() {
    return std::make_unique<OpenaiDialect>();
}

}  // namespace kg::openai
