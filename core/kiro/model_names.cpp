#include "core/kiro/model_names.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/ascii.hpp"

namespace kg::kiro {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::array kFamilies{"opus"sv, "sonnet"sv, "haiku"sv, "fable"sv};

constexpr std::array kPrefixes{
    "models/"sv,      "kiro/"sv,         "kiro-"sv,         "anthropic/"sv,      "anthropic."sv,
    "claude-code/"sv, "us.anthropic."sv, "eu.anthropic."sv, "apac.anthropic."sv, "global.anthropic."sv,
};

/// Keys of models that are gone or were never Kiro's, and what answers in their place.
constexpr auto kSuccessors = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"claude-haiku-3", "claude-haiku-4-5"},
    {"claude-haiku-3-5", "claude-haiku-4-5"},
    {"claude-opus-3", "claude-sonnet-4-5"},
    {"claude-sonnet-3", "claude-sonnet-4"},
    {"claude-sonnet-3-5", "claude-sonnet-4-5"},
    {"claude-sonnet-3-7", "claude-sonnet-4-5"},
    {"default", "auto"},
    {"gpt-3-5-turbo", "claude-sonnet-4-5"},
    {"gpt-4", "claude-sonnet-4-5"},
    {"gpt-4-turbo", "claude-sonnet-4-5"},
    {"gpt-4o", "claude-sonnet-4-5"},
    {"gpt-4o-mini", "claude-haiku-4-5"},
});

bool all_digits(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), ascii::is_digit);
}

/// Length of the run of digits at the start.
std::size_t digits(std::string_view text) {
    std::size_t n = 0;
    while (n < text.size() && ascii::is_digit(text[n])) ++n;
    return n;
}

/// Removes `suffix` at the end, unless nothing would remain.
bool cut(std::string_view& name, std::string_view suffix) {
    if (name.size() <= suffix.size() || !name.ends_with(suffix)) return false;
    name.remove_suffix(suffix.size());
    return true;
}

/// "-20250929", "-2024-08-06", "@20250514".
bool cut_date(std::string_view& name) {
    for (const std::string_view shape : {"-20dddddd"sv, "@20dddddd"sv, "-20dd-dd-dd"sv}) {
        if (name.size() <= shape.size()) continue;
        const std::string_view tail = name.substr(name.size() - shape.size());
        const bool fits = std::equal(tail.begin(), tail.end(), shape.begin(),
                                     [](char c, char s) { return s == 'd' ? ascii::is_digit(c) : c == s; });
        if (!fits) continue;
        name.remove_suffix(shape.size());
        return true;
    }
    return false;
}

/// "-v1", "-v1:0", "-v2@20241022" (the date is cut before).
bool cut_revision(std::string_view& name) {
    const std::size_t at = name.rfind("-v");
    if (at == std::string_view::npos || at == 0) return false;
    std::string_view revision = name.substr(at + 2);
    const std::size_t colon = revision.find(':');
    if (colon != std::string_view::npos && !all_digits(revision.substr(colon + 1))) return false;
    if (!all_digits(revision.substr(0, colon))) return false;
    name = name.substr(0, at);
    return true;
}

/// "4-5-sonnet-1m" (what follows "claude-") -> "sonnet-4-5-1m"; empty when not of this form.
std::string family_first(std::string_view rest) {
    std::size_t version = digits(rest);
    if (version == 0 || version > 2) return {};
    if (version + 1 < rest.size() && rest[version] == '-')
        if (const std::size_t minor = digits(rest.substr(version + 1)); minor == 1 || minor == 2)
            version += 1 + minor;
    if (version >= rest.size() || rest[version] != '-') return {};
    const std::string_view tail = rest.substr(version + 1);
    for (const std::string_view family : kFamilies) {
        if (!tail.starts_with(family)) continue;
        const std::string_view after = tail.substr(family.size());
        if (!after.empty() && after[0] != '-') continue;
        return std::string(family) + '-' + std::string(rest.substr(0, version)) + std::string(after);
    }
    return {};
}

}  // namespace

std::string model_key(std::string_view name) {
    std::string key = ascii::to_lower(name);
    for (std::size_t i = 1; i + 1 < key.size(); ++i)
        if (key[i] == '.' && ascii::is_digit(key[i - 1]) && ascii::is_digit(key[i + 1])) key[i] = '-';
    constexpr std::string_view claude = "claude-";
    if (key.starts_with(claude))
        if (const std::string turned = family_first(std::string_view(key).substr(claude.size()));
            !turned.empty())
            key.replace(claude.size(), std::string::npos, turned);
    return key;
}

std::string strip_model_prefixes(std::string_view name) {
    const std::string lower = ascii::to_lower(ascii::trim(name));
    std::string_view rest = lower;
    for (bool again = true; again;) {
        again = false;
        for (const std::string_view prefix : kPrefixes)
            if (rest.size() > prefix.size() && rest.starts_with(prefix)) {
                rest.remove_prefix(prefix.size());
                again = true;
            }
    }
    return std::string(rest);
}

bool strip_model_suffix(std::string_view& name, ModelFlags& flags) {
    if (cut(name, "-thinking") || cut(name, ":thinking")) return flags.thinking = true;
    if (cut(name, "[1m]") || cut(name, "-1m")) return flags.million = true;
    if (cut(name, "-agentic") || cut(name, "-latest") || cut(name, "@latest") || cut(name, "-preview"))
        return true;
    if (cut_date(name) || cut_revision(name)) return true;
    const std::size_t dash = name.rfind('-');
    if (dash == std::string_view::npos || dash == 0) return false;
    const auto effort = chat::parse_effort(name.substr(dash + 1));
    if (!effort) return false;
    if (!flags.effort) flags.effort = effort;
    name = name.substr(0, dash);
    return true;
}

std::optional<ModelVersion> claude_version(std::string_view key) {
    constexpr std::string_view claude = "claude-";
    if (!key.starts_with(claude)) return {};
    key.remove_prefix(claude.size());
    ModelVersion out;
    for (const std::string_view family : kFamilies)
        if (key.starts_with(family) && key.substr(family.size()).starts_with('-')) out.family = family;
    if (out.family.empty()) return {};
    key.remove_prefix(out.family.size() + 1);
    const auto number = [&key](unsigned& to) {
        const std::size_t n = digits(key);
        if (n == 0 || n > 2) return false;
        for (const char c : key.substr(0, n)) to = to * 10 + static_cast<unsigned>(c - '0');
        key.remove_prefix(n);
        return true;
    };
    if (!number(out.major)) return {};
    if (key.ends_with("-1m")) {
        out.million = true;
        key.remove_suffix(3);
    }
    if (key.starts_with('-')) {
        key.remove_prefix(1);
        if (!number(out.minor)) return {};
    }
    if (!key.empty()) return {};
    return out;
}

std::string_view successor_key(std::string_view key) {
    for (const auto& [from, to] : kSuccessors)
        if (from == key) return to;
    return {};
}

std::string_view unversioned_family(std::string_view key) {
    if (key.starts_with("claude-")) key.remove_prefix(7);
    const auto at = std::find(kFamilies.begin(), kFamilies.end(), key);
    return at == kFamilies.end() ? std::string_view() : *at;
}

}  // namespace kg::kiro
