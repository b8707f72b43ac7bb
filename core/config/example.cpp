#include "core/config/load.hpp"
#include "core/config/schema.hpp"
#include "core/config/value.hpp"

namespace kg::config {
namespace {

constexpr std::size_t kColumns = 98;

/// Appends prose as comment lines: "# " and words, never longer than kColumns.
void comment(std::string& out, std::string_view text) {
    std::string line = "#";
    while (!text.empty()) {
        const auto space = text.find(' ');
        const auto word = text.substr(0, space);
        if (line.size() + 1 + word.size() > kColumns) {
            out += line + '\n';
            line = "#";
        }
        line += ' ' + std::string(word);
        text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
    }
    out += line + '\n';
}

std::string variables(const Key& key) {
    std::string text = "Environment: " + env_name(key.name);
    if (!key.rule.seed_env.empty()) text += ", " + std::string(key.rule.seed_env);
    return text + ".";
}

}  // namespace

/// Prose begins with "# ", a setting with "#": taking the sign away from the latter changes
/// nothing.
std::string example_toml() {
    std::string out;
    comment(out,
            "Configuration of kirogate, with every key at its default; see kirogate.toml(5). It is "
            "read from --config, $KIROGATE_CONFIG, $XDG_CONFIG_HOME/kirogate/kirogate.toml "
            "(~/.config by default) or /etc/kirogate/kirogate.toml: the first that exists. "
            "Environment variables win over this file, and options of the command line over both. "
            "Try it with: kirogate config check");
    Config defaults;
    for (const Section& section : sections()) {
        out += '\n';
        comment(out, section.help);
        out += '[' + std::string(section.name) + "]\n";
        for (const Key& key : keys()) {
            if (key.section() != section.name) continue;
            out += '\n';
            comment(out, key.help);
            comment(out, "Allowed: " + allowed_text(key) + ".");
            comment(out, variables(key));
            out += '#' + std::string(key.leaf()) + " = " + toml_text(key, defaults) + '\n';
            if (!key.is_secret()) continue;
            comment(out,
                    "Or the path of a file that holds it; a relative one is looked up in "
                    "$CREDENTIALS_DIRECTORY, then beside this file.");
            comment(out, "Environment: " + env_name(key.name) + "_FILE.");
            out += '#' + std::string(key.leaf()) + "_file = \"\"\n";
        }
    }
    return out;
}

}  // namespace kg::config
