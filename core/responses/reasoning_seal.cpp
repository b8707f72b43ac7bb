#include "core/responses/reasoning_seal.hpp"

#include "core/json/document.hpp"
#include "core/json/writer.hpp"

namespace kg::responses {

std::string seal_thinking(const ReasoningSeal& seal, const chat::Thinking& thinking) {
    std::string plain;
    json::Writer writer(plain);
    writer.begin_object().member(thinking.redacted ? "redacted" : "text", thinking.text.view());
    if (!thinking.signature.empty()) writer.member("signature", thinking.signature.view());
    writer.end_object();
    return seal.seal(plain);
}

std::optional<chat::Thinking> open_thinking(const ReasoningSeal& seal, std::string_view sealed) {
    auto plain = seal.open(sealed);
    if (!plain) return std::nullopt;
    const auto document = json::Document::parse(std::move(*plain));
    if (!document) return std::nullopt;
    const json::Node root = document->root();
    const bool redacted = root["redacted"].is_string();
    return chat::Thinking{.text = SharedText(root[redacted ? "redacted" : "text"].text()),
                          .signature = SharedText(root["signature"].text()),
                          .redacted = redacted};
}

}  // namespace kg::responses
