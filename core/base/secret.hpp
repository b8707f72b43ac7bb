#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace kg {

/// Text that must never be printed: it has no stream operator and no implicit conversion; whoever
/// needs the bytes says reveal(). Memory is wiped on destruction and on assignment.
class Secret {
  public:
    Secret() = default;
    explicit Secret(std::string text) : text_(std::move(text)) {}
    Secret(const Secret&) = default;
    Secret(Secret&& other) noexcept : text_(std::move(other.text_)) { other.wipe(); }
    Secret& operator=(const Secret& other);
    Secret& operator=(Secret&& other) noexcept;
    ~Secret() { wipe(); }

    const std::string& reveal() const { return text_; }
    bool empty() const { return text_.empty(); }
    /// Constant-time in the content (not in the length).
    bool equals(std::string_view other) const;
    friend bool operator==(const Secret& a, const Secret& b) { return a.equals(b.text_); }

  private:
    void wipe() noexcept;
    std::string text_;
};

/// "kg-1...f6d4": first four and last four characters, or "***" when shorter than 16.
std::string masked(std::string_view text);

}  // namespace kg
