#pragma once

#include <string_view>
#include <utility>

#include "core/json/shared_text.hpp"

namespace kg {

/// JSON text that has been validated and is passed on untouched (tool schemas, tool inputs).
class RawJson {
  public:
    RawJson() : text_(SharedText::borrowed("null")) {}
    /// The caller vouches that `text` is one valid JSON value.
    static RawJson trusted(SharedText text) { return RawJson(std::move(text)); }
    std::string_view text() const { return text_; }
    friend bool operator==(const RawJson&, const RawJson&) = default;

  private:
    explicit RawJson(SharedText text) : text_(std::move(text)) {}
    SharedText text_;
};

}  // namespace kg
