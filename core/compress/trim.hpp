#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/chat/request.hpp"

namespace kg::compress {

/// `text` with its middle replaced by a marker that tells how much is missing, at most about `tokens`
/// long; three fifths of what stays come from the beginning. Unchanged when it is short enough.
std::string cut_middle(std::string_view text, std::uint64_t tokens);

/// Tokens to which the parts of a message are cut; 0 leaves a kind alone.
struct Caps {
    std::uint64_t results = 0;
    std::uint64_t texts = 0;
};
/// A copy whose long texts are cut; the short ones stay slices of the request.
chat::Message cut_message(const chat::Message& message, const Caps& caps);

/// The cap for each text of a statement that leaves `tokens` of them together.
std::uint64_t statement_cap(const chat::Message& message, std::uint64_t tokens);
/// A copy that answers no tool call.
chat::Message without_results(const chat::Message& message);

/// The largest cap that keeps the sum of `sizes` within `budget`; the largest number when they fit.
std::uint64_t fair_cap(const std::vector<std::uint64_t>& sizes, std::uint64_t budget);

}  // namespace kg::compress
