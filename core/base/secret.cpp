#include "core/base/secret.hpp"

#include <openssl/crypto.h>

#include "core/base/digest.hpp"

namespace kg {

Secret& Secret::operator=(const Secret& other) {
    if (this != &other) {
        wipe();
        text_ = other.text_;
    }
    return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this != &other) {
        wipe();
        text_ = std::move(other.text_);
        other.wipe();
    }
    return *this;
}

bool Secret::equals(std::string_view other) const {
    return constant_time_equal(text_, other);
}

void Secret::wipe() noexcept {
    // The whole capacity: short texts live inside the object and stay behind after a move.
    if (text_.capacity() != 0) {
        text_.resize(text_.capacity());
        OPENSSL_cleanse(text_.data(), text_.size());
    }
    text_.clear();
}

std::string masked(std::string_view text) {
    if (text.size() < 16) return "***";
    std::string out(text.substr(0, 4));
    out += "...";
    out += text.substr(text.size() - 4);
    return out;
}

}  // namespace kg
