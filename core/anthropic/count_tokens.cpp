#include "core/anthropic/decode.hpp"
#include "core/anthropic/dialect.hpp"
#include "core/chat/estimate.hpp"
#include "core/json/writer.hpp"

namespace kg::anthropic {

Result<std::string> count_tokens(const json::Document& body, const Calibrate& calibrate) {
    KG_TRY(request, decode_request(body.root(), http::Headers{}, Purpose::count));
    std::string out;
    json::Writer writer(out);
    const auto tokens = calibrate(request.model, chat::estimate_prompt_tokens(request));
    writer.begin_object().member("input_tokens", tokens).end_object();
    return out;
}

}  // namespace kg::anthropic
