#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/config/schema.hpp"

/// What the rows of schema.cpp's table are made of; for that file alone.
namespace kg::config {

template <auto Section, auto Member>
auto& at(Config& config) {
    return config.*Section.*Member;
}
template <auto Section, auto Member>
constexpr Field in() {
    return Field(&at<Section, Member>);
}

inline constexpr std::int64_t kSecond = 1'000, kMinute = 60 * kSecond, kHour = 60 * kMinute;
inline constexpr std::int64_t kKiB = 1 << 10, kMiB = 1 << 20, kGiB = 1 << 30;
inline constexpr std::int64_t kShort = 10;  // ms; below it a deadline is a mistake, not a choice

inline constexpr std::array<std::string_view, 3> kEndpoints{"runtime", "q", "codewhisperer"};
inline constexpr std::array<std::string_view, 3> kSchedulings{"smart", "priority", "balanced"};
inline constexpr std::array<std::string_view, 2> kWhenExhausted{"stop", "continue"};
inline constexpr std::array<std::string_view, 5> kLevels{"debug", "info", "warn", "error", "off"};
inline constexpr std::array<std::string_view, 2> kFormats{"text", "json"};
inline constexpr std::array<std::string_view, 3> kMetrics{"admin", "public", "off"};

inline constexpr std::string_view kUrl = "empty, an https:// URL, or an http:// URL of a loopback host";
inline constexpr std::string_view kWord = "visible ASCII characters without spaces, at most 128";

inline constexpr Section kSections[] = {
    {"server", "Where the gateway listens and how it behaves as a whole."},
    {"auth", "Who may use the gateway. There is no default key and no default password."},
    {"kiro", "How the gateway talks to Kiro."},
    {"accounts", "The pool of Kiro accounts."},
    {"models", "Model names."},
    {"compression", "What happens to conversations that grow too long for the model."},
    {"responses", "Answers of the Responses API that clients refer to later."},
    {"web_search", "Searches of the web that the gateway runs for the model, where a client asks for them."},
    {"files", "Documents and pictures in requests."},
    {"limits", "Bounds that keep one client from exhausting the gateway."},
    {"hooks", "Who is told when an account, a key or the whole pool needs an operator."},
    {"log", "What is written to standard error and kept of past requests."},
    {"storage", "The database in the state directory."},
};

}  // namespace kg::config
