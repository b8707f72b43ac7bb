#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kg::chat {

/// Joins the second part of an answer to the first: what the second part repeats of the end of the
/// first is dropped. Models that are asked to go on often say their last words again, or begin the
/// broken word anew. Looks back at most kLookBackMax bytes. A short run, or one that repeats itself
/// ("-----", "0, 0, 0, ") or stood there twice already, is no evidence and stays: text that belongs there is
/// never dropped on a guess. Pure, incremental: the same text in any pieces gives the same whole; holds back
/// no more than what may still turn out to be a repetition.
class TextSeam {
  public:
    static constexpr std::size_t kLookBackMax = 4096;
    static constexpr std::size_t kEvidenceMin = 12;  // bytes; fewer only for a word begun anew
    static constexpr std::size_t kWordMin = 3;       // letters

    /// `said` is all of the first part; only its end is kept.
    explicit TextSeam(std::string_view said);

    /// The text that can be shown now; valid until the next call.
    std::string_view push(std::string_view text);
    /// What was held back, at the end of the text or before a tool call.
    std::string_view finish();
    bool settled() const { return settled_; }
    std::size_t dropped() const { return dropped_; }  // bytes

  private:
    bool may_repeat_more() const;
    std::size_t repeated() const;
    std::string_view settle();

    std::string tail_;    // the end of the first part
    bool whole_ = false;  // tail_ is all of it
    std::string held_;
    std::size_t dropped_ = 0;
    bool settled_ = false;
};

}  // namespace kg::chat
