#pragma once

#include <deque>
#include <string>
#include <string_view>

namespace kg::chat {

/// Ids of the tool calls in one answer. An upstream id is passed through when a client can send it
/// back (letters, digits, _ and -, at most 64) and it is new in this answer; else one is made up,
/// the same for the streamed and the whole form of an answer.
class ToolIds {
  public:
    ToolIds(std::string_view prefix, std::string_view unique) : stem_(prefix) { stem_ += unique; }
    /// The id of the next call; it lives as long as this object.
    const std::string& next(std::string_view upstream_id);

  private:
    std::string stem_;
    std::deque<std::string> used_;
};

}  // namespace kg::chat
