#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/chat/request.hpp"

namespace kg::responses {

/// Makes the opaque text of `encrypted_content`, which clients carry from answer to request, and
/// reads it back. Both are called on any thread.
struct ReasoningSeal {
    std::function<std::string(std::string_view plain)> seal;
    /// Nothing for what this gateway did not seal.
    std::function<std::optional<std::string>(std::string_view sealed)> open;
};

std::string seal_thinking(const ReasoningSeal& seal, const chat::Thinking& thinking);
/// Nothing for content of other makers: it cannot be read, and is dropped.
std::optional<chat::Thinking> open_thinking(const ReasoningSeal& seal, std::string_view sealed);

}  // namespace kg::responses
