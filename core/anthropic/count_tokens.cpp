#include "core/anthropic/decode.hpp"
#include "core/anthropic/dialect.hpp"
#include "core/chat/estimate.hpp"
#include "core/json/writer.hpp"

namespace kg::anthropic {

Result<std::string> count_tokens(const json::Document& body) {
    KG_TRY(request, decode_request(body.root(), http::Headers{}, Purpose::count));
    std::string out;
    json::Writer writer(out);
    writer.begin_object().member("input_tokens", chat::estimate_prompt_tokens(request)).end_object();
    return out;
}

}  // namespace kg::anthropic
