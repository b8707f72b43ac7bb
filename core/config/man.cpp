#include "core/config/load.hpp"
#include "core/config/schema.hpp"
#include "core/config/value.hpp"

namespace kg::config {
namespace {

/// Text as roff shows it: a backslash, a plain hyphen and a leading control character would be
/// read as something else.
std::string roff(std::string_view text) {
    std::string out;
    if (!text.empty() && (text.front() == '.' || text.front() == '\'')) out += "\\&";
    for (const char c : text) {
        switch (c) {
            case '\\': out += "\\e"; break;
            case '-': out += "\\-"; break;
            case '~': out += "\\(ti"; break;
            case '^': out += "\\(ha"; break;
            default: out += c;
        }
    }
    return out;
}

std::string_view type_name(const Key& key) {
    struct Visitor {
        const Rule& rule;
        std::string_view operator()(std::string& (*)(Config&)) const { return "string"; }
        std::string_view operator()(Secret& (*)(Config&)) const { return "secret"; }
        std::string_view operator()(bool& (*)(Config&)) const { return "boolean"; }
        std::string_view operator()(std::int64_t& (*)(Config&)) const {
            return rule.bytes ? "size" : "integer";
        }
        std::string_view operator()(milliseconds& (*)(Config&)) const { return "duration"; }
        std::string_view operator()(std::vector<std::string>& (*)(Config&)) const { return "list"; }
        std::string_view operator()(Aliases& (*)(Config&)) const { return "table"; }
    };
    return std::visit(Visitor{key.rule}, key.field);
}

void entry(std::string& out, const Key& key, Config& defaults) {
    out += ".TP\n\\fB" + roff(key.leaf()) + "\\fR";
    if (key.is_secret()) {
        out += ", \\fB" + roff(key.leaf()) + "_file\\fR (secret, or the path of a file that holds it)\n";
    } else {
        out += " (" + std::string(type_name(key)) + ", default " + roff(toml_text(key, defaults)) + ")\n";
    }
    out += roff(key.help) + '\n';
    out += "Allowed: " + roff(allowed_text(key)) + ".\n";
    out += "Environment: \\fB" + env_name(key.name) + "\\fR";
    if (key.is_secret()) out += ", \\fB" + env_name(key.name) + "_FILE\\fR";
    if (!key.rule.seed_env.empty()) out += ", \\fB" + std::string(key.rule.seed_env) + "\\fR";
    out += ".\n";
}

}  // namespace

std::string man_keys() {
    std::string out;
    Config defaults;
    for (const Section& section : sections()) {
        out += ".SS [" + std::string(section.name) + "]\n" + roff(section.help) + '\n';
        for (const Key& key : keys()) {
            if (key.section() == section.name) entry(out, key, defaults);
        }
    }
    return out;
}

}  // namespace kg::config
