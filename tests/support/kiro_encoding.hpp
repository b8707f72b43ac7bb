#pragma once

#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/kiro/request_encoder.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/chat_builder.hpp"
#include "tests/support/kiro_checker.hpp"

namespace kg::test {

inline kiro::EncodeOptions encode_options(std::string model_id = "claude-sonnet-4.5") {
    kiro::EncodeOptions options;
    options.model_id = std::move(model_id);
    options.conversation_id = "6f0b6a4e-0000-4000-8000-000000000001";
    options.continuation_id = "0b8f2c1e-0000-4000-8000-0000000000aa";
    return options;
}

/// A request as upstream sees it, taken apart for assertions; what upstream would refuse fails the
/// test.
struct Encoded {
    kiro::EncodedRequest request;
    nlohmann::json body;

    const nlohmann::json& state() const { return body.at("conversationState"); }
    const nlohmann::json& current() const { return state().at("currentMessage").at("userInputMessage"); }
    nlohmann::json context() const {
        return current().value("userInputMessageContext", nlohmann::json::object());
    }
    nlohmann::json tools() const { return context().value("tools", nlohmann::json::array()); }
    nlohmann::json history() const { return state().value("history", nlohmann::json::array()); }
    const nlohmann::json& user_at(std::size_t i) const {
        return state().at("history").at(i).at("userInputMessage");
    }
    const nlohmann::json& assistant_at(std::size_t i) const {
        return state().at("history").at(i).at("assistantResponseMessage");
    }
    std::string content() const { return current().at("content"); }
    bool warned(const std::string& part) const {
        for (const std::string& warning : request.warnings)
            if (warning.find(part) != std::string::npos) return true;
        return false;
    }
};

inline Encoded encode(const chat::Request& request, const kiro::EncodeOptions& options = encode_options()) {
    auto encoded = kiro::encode_request(request, options);
    INFO((encoded ? std::string() : encoded.error().message));
    REQUIRE(encoded.has_value());
    const std::string text =
        *encoded->body("arn:aws:codewhisperer:us-east-1:111122223333:profile/ABCDEFGHIJKL");
    const auto violations = KiroChecker::violations(text);
    INFO(text.substr(0, 4000) << "\n" << join_lines(violations));
    REQUIRE(violations.empty());
    return {std::move(*encoded), nlohmann::json::parse(text)};
}

inline Error refused(const chat::Request& request, const kiro::EncodeOptions& options = encode_options()) {
    auto encoded = kiro::encode_request(request, options);
    REQUIRE_FALSE(encoded.has_value());
    return encoded.error();
}

}  // namespace kg::test
