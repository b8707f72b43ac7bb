#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace kg {

/// JSON text that has been validated and is passed on untouched (tool schemas, tool inputs).
class RawJson {
 public:
    RawJson() : text_("null") {}
    /// The caller vouches that `text` is one valid JSON value.
    static RawJson trusted(std::string text) { return RawJson(std::move(text)); }
    const std::string& text() const { return text_; }
    friend bool operator==(const RawJson&, const RawJson&) = default;

 private:
    explicit RawJson(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

}  // namespace kg
