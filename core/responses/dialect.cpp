#include "core/responses/dialect.hpp"

#include <utility>

#include "core/chat/estimate.hpp"
#include "core/json/writer.hpp"
#include "core/openai_family/dialect.hpp"
#include "core/responses/decode.hpp"
#include "core/responses/encode.hpp"
#include "core/responses/stream_encoder.hpp"

namespace kg::responses {
namespace {

class ResponsesDialect final : public openai_family::Dialect {
  public:
    ResponsesDialect(ReasoningSeal seal, Storage storage)
        : Dialect("input"), seal_(std::move(seal)), storage_(storage) {}

    std::string_view name() const override { return "responses"; }
    Result<chat::Request> decode(const json::Document& body, const http::Headers& headers) const override {
        KG_TRY(request, decode_request(body.root(), headers, seal_));
        request.source = body;
        return std::move(request);
    }
    std::string encode(const chat::Response& response, const chat::Request& request,
                       const chat::AnswerContext& context) const override {
        return encode_response(response, request, context, seal_, storage_);
    }
    std::unique_ptr<chat::StreamEncoder> stream(const chat::Request& request,
                                                const chat::AnswerContext& context) const override {
        return std::make_unique<StreamEncoder>(request, context, seal_, storage_);
    }
    Result<std::string> count_tokens(const json::Document& body,
                                     const chat::Calibrate& calibrate) const override {
        KG_TRY(request, decode_request(body.root(), {}, seal_));
        const auto tokens = calibrate(request.model, chat::estimate_prompt_tokens(request));
        std::string out;
        json::Writer writer(out);
        writer.begin_object().member("object", "response.input_tokens");
        writer.member("input_tokens", tokens).end_object();
        return out;
    }

  private:
    const ReasoningSeal seal_;
    const Storage storage_;
};

}  // namespace

std::unique_ptr<chat::Dialect> make_dialect(ReasoningSeal seal, Storage storage) {
    return std::make_unique<ResponsesDialect>(std::move(seal), storage);
}

}  // namespace kg::responses
