#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace kg {

/// Immutable text, cheap to copy: either shared between its copies or a slice of something that
/// outlives it, such as the json::Document of a request. A slice may know how it was written inside
/// a JSON string; whoever writes JSON then copies that instead of escaping anew.
class SharedText {
  public:
    SharedText() = default;
    SharedText(std::string text)
        : owner_(std::make_shared<const std::string>(std::move(text))), text_(*owner_) {}
    SharedText(const char* text) : SharedText(std::string(text)) {}
    explicit SharedText(std::string_view text) : SharedText(std::string(text)) {}
    /// `escaped`, unless empty, is the inside of a JSON string that stands for exactly `text`.
    static SharedText borrowed(std::string_view text, std::string_view escaped = {}) {
        SharedText out;
        out.text_ = text;
        out.escaped_ = escaped;
        return out;
    }

    std::string_view view() const { return text_; }
    operator std::string_view() const { return text_; }
    std::string_view escaped() const { return escaped_; }  // empty when not known
    std::string str() const { return std::string(text_); }
    bool empty() const { return text_.empty(); }
    std::size_t size() const { return text_.size(); }

    friend bool operator==(const SharedText& a, const SharedText& b) { return a.text_ == b.text_; }
    template <class T>
    requires std::is_convertible_v<const T&, std::string_view>
    friend bool operator==(const SharedText& a, const T& b) { return a.text_ == std::string_view(b); }

  private:
    std::shared_ptr<const std::string> owner_;
    std::string_view text_, escaped_;
};

}  // namespace kg
