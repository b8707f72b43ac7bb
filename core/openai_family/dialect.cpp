#include "core/openai_family/dialect.hpp"

#include "core/openai_family/error_body.hpp"
#include "core/openai_family/models.hpp"
#include "core/openai_family/rate_headers.hpp"

namespace kg::openai_family {

http::Response Dialect::encode_error(const Error& error, std::string_view) const {
    return openai_family::encode_error(error, prompt_field_);
}

void Dialect::add_rate_limits(const http::RateLimits& rates, http::Headers& headers) const {
    openai_family::add_rate_limits(rates, headers);
}

std::string Dialect::encode_models(std::span<const chat::ModelInfo> models, std::string_view) const {
    return openai_family::encode_models(models);
}

std::string Dialect::encode_model(const chat::ModelInfo& model) const {
    return openai_family::encode_model(model);
}

}  // namespace kg::openai_family
