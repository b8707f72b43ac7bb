#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kg::chat {

/// Finds client stop sequences in streamed text (upstream has none). push() returns the text that
/// can be shown now; a possible partial match at the end is held back until the next push or
/// finish(). The sequence that is complete first wins, as if the model had stopped there; of
/// several that end at one place the longest. How the text is cut into pieces makes no difference.
class StopScanner {
  public:
    explicit StopScanner(std::vector<std::string> sequences);
    struct Output {
        std::string_view text;                    // valid until the next call
        std::optional<std::string_view> matched;  // the sequence; text ends before it; scanning is over
    };
    Output push(std::string_view text);
    /// What was held back, at the end of a text. Another text may follow (after a tool call); a
    /// match does not reach across.
    std::string_view finish();
    bool active() const { return !sequences_.empty(); }

  private:
    /// Knuth-Morris-Pratt over one sequence: `matched` bytes of it end at the current byte.
    struct Sequence {
        std::string text;
        std::vector<std::uint32_t> fallback;
        std::uint32_t matched = 0;
    };
    /// Feeds one byte to every sequence; the longest one that it completes, or null.
    const Sequence* step(char c);

    std::vector<Sequence> sequences_;
    std::string first_bytes_;
    std::string buffer_;
    std::size_t shown_ = 0;    // of buffer_, given out by the last call
    std::size_t longest_ = 0;  // partial match: the bytes held back
    bool over_ = false;
};

}  // namespace kg::chat
