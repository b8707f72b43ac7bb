#include "core/openai/dialect.hpp"

#include "core/openai/decode.hpp"
#include "core/openai/encode.hpp"
#include "core/openai/stream_encoder.hpp"
#include "core/openai_family/dialect.hpp"

namespace kg::openai {
namespace {

class OpenaiDialect final : public openai_family::Dialect {
  public:
    OpenaiDialect() : Dialect("messages") {}
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
};

}  // namespace

std::unique_ptr<chat::Dialect> make_dialect() {
    return std::make_unique<OpenaiDialect>();
}

}  // namespace kg::openai
