#pragma once

#include <cstdint>
#include <string_view>

#include "core/chat/request.hpp"

namespace kg::chat {

/// Local token estimate of a text: about 4 ASCII characters, 1.5 other letters, or one
/// Han/Kana/Hangul character a token. One estimator for prompts, answers and count_tokens; additive
/// enough that parts may be summed (it counts quarter tokens inside).
std::uint64_t estimate_tokens(std::string_view text);
/// Incremental form for streams: add() pieces, then tokens().
class TokenEstimate {
  public:
    void add(std::string_view text);
    std::uint64_t tokens() const { return (units_ + 11) / 12; }

  private:
    std::uint64_t units_ = 0;  // twelfths of a token
};

/// Whole prompt: system, messages, tool names, descriptions and schemas; images by width*height/750
/// read from the picture's header, 1600 when unknown.
std::uint64_t estimate_prompt_tokens(const Request& request);
/// One message, and one part of a message; sums of these may exceed the whole by one token each.
std::uint64_t estimate_message_tokens(const Message& message);
std::uint64_t estimate_part_tokens(const Part& part);
std::uint64_t estimate_image_tokens(const Image& image);

}  // namespace kg::chat
