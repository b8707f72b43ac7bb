#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/result.hpp"
#include "core/config/schema.hpp"

namespace kg::config {

/// A TOML value of a type that no setting has ("a floating-point number", "a table").
struct Other {
    std::string_view what;
};
/// A value as some source wrote it, before the schema is asked.
using Raw = std::variant<std::string, std::int64_t, bool, std::vector<std::string>, Aliases, Other>;

struct Fault {
    std::string text;    // what is wrong; no secret inside
    std::string hint{};  // something to try
};

/// Reads the text of an environment variable or flag the way the key's type wants it.
Result<Raw, Fault> raw_from_text(const Key& key, std::string_view text);
/// Checks type, range and rule, then writes the value.
Result<void, Fault> assign(const Key& key, const Raw& raw, Config& config);

/// The value for people; secrets are "(set)" or "(not set)".
std::string display_text(const Key& key, Config& config);
/// The value as TOML; a secret is always "".
std::string toml_text(const Key& key, Config& config);
/// A text in quotation marks for a message: shortened, control characters made visible.
std::string quoted(std::string_view text);

}  // namespace kg::config
