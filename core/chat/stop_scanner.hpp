#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kg::chat {

/// Finds client stop sequences in streamed text (upstream has none). push() returns the text that can
/// be shown now; a possible partial match at the end is held back until the next push or finish().
class StopScanner {
 public:
    explicit StopScanner(std::vector<std::string> sequences);
    struct Output {
        std::string_view text;                    // valid until the next call
        std::optional<std::string_view> matched;  // the sequence; text ends before it; scanning is over
    };
    Output push(std::string_view text);
    std::string_view finish();  // what was held back
    bool active() const { return !sequences_.empty(); }

 private:
    std::vector<std::string> sequences_;
    std::string buffer_;
    std::size_t shown_ = 0;
};

}  // namespace kg::chat
