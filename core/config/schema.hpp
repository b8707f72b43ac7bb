#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/secret.hpp"
#include "core/config/config.hpp"

namespace kg::config {

using Aliases = std::vector<std::pair<std::string, std::string>>;

/// How to reach one setting inside a Config. The alternative decides how a value is written: text,
/// secret, true/false, number (or size), duration, list, table of names.
using Field = std::variant<std::string& (*)(Config&), Secret& (*)(Config&), bool& (*)(Config&),
                           std::int64_t& (*)(Config&), milliseconds& (*)(Config&),
                           std::vector<std::string>& (*)(Config&), Aliases& (*)(Config&)>;

/// What is wrong with a text, or nothing. Never repeats the text of a secret.
using Check = std::optional<std::string> (*)(std::string_view text);

struct Rule {
    std::int64_t min = 0, max = 0;  // numbers, bytes, milliseconds
    bool bytes = false;             // a number that may be written "64KiB"
    bool hides_user = false;        // a URL whose user information must not be shown
    std::span<const std::string_view> choices{};
    Check check = nullptr;
    std::string_view allowed{};   // in words, when neither range nor choices say it
    std::string_view seed_env{};  // older name of the environment variable
    bool live = false;            // a reload, or a runtime setting, puts it in force without a restart
};

/// One setting. Loading, `config show`, `config check`, the example file and the man page are all
/// made from the table of these.
struct Key {
    std::string_view name;  // "section.key"
    Field field;
    std::string_view help;  // whole sentences
    Rule rule;

    constexpr std::string_view section() const { return name.substr(0, name.find('.')); }
    constexpr std::string_view leaf() const { return name.substr(name.find('.') + 1); }
    bool is_secret() const { return std::holds_alternative<Secret& (*)(Config&)>(field); }
};

struct Section {
    std::string_view name;
    std::string_view help;
};

std::span<const Key> keys();
std::span<const Section> sections();
/// The key of that name, or null.
const Key* find_key(std::string_view name);
/// "server.listen" is KIROGATE_SERVER_LISTEN.
std::string env_name(std::string_view key_name);
/// Everything a value may be, in words: "0 to 256", "one of debug, info, warn, error, off".
std::string allowed_text(const Key& key);
/// The known key (or `_file` form of a secret) that a wrong name probably meant, or "".
std::string nearest_key(std::string_view wrong);

}  // namespace kg::config
