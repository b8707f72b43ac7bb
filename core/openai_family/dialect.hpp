#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/chat/dialect.hpp"

/// What OpenAI's APIs have in common, whichever of them carries a conversation.
namespace kg::openai_family {

/// Errors, pacing headers and model lists; an API adds how it asks and answers.
class Dialect : public chat::Dialect {
  public:
    /// `prompt_field` is the field that a too long prompt is blamed on; a literal.
    explicit Dialect(std::string_view prompt_field) : prompt_field_(prompt_field) {}

    http::Response encode_error(const Error& error, std::string_view request_id) const final;
    void add_rate_limits(const http::RateLimits& rates, http::Headers& headers) const final;
    std::string encode_models(std::span<const chat::ModelInfo> models, std::string_view query) const final;
    std::string encode_model(const chat::ModelInfo& model) const final;

  private:
    const std::string_view prompt_field_;
};

}  // namespace kg::openai_family
