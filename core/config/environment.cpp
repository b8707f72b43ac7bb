#include <unistd.h>

#include <cstdlib>

#include "core/base/ascii.hpp"
#include "core/config/checks.hpp"
#include "core/config/loader.hpp"
#include "core/config/units.hpp"

namespace kg::config {
namespace {

constexpr std::string_view kPrefix = "KIROGATE_";
constexpr std::string_view kPortAllowed = "a port number from 0 to 65535 (0: any free port)";

Where at_variable(std::string_view name) {
    return {Where::Layer::environment, "environment", std::string(name), "environment:" + std::string(name)};
}

std::vector<std::string> known_variables() {
    std::vector<std::string> names{"KIROGATE_CONFIG", "KIROGATE_API_KEY"};
    for (const Key& key : keys()) {
        names.push_back(env_name(key.name));
        if (key.is_secret()) names.push_back(env_name(key.name) + "_FILE");
    }
    return names;
}

}  // namespace

Environment process_environment() {
    return [](std::string_view name) -> std::optional<std::string> {
        const char* value = std::getenv(std::string(name).c_str());
        if (value == nullptr) return std::nullopt;
        return std::string(value);
    };
}

std::vector<std::string> process_environment_names() {
    std::vector<std::string> names;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        names.emplace_back(text.substr(0, text.find('=')));
    }
    return names;
}

std::optional<std::string> Loader::variable(std::string_view name) const {
    return input_.environment ? input_.environment(name) : std::nullopt;
}

void Loader::read_environment() {
    for (const Key& key : keys()) {
        const std::string name = env_name(key.name);
        const std::string file_name = name + "_FILE";
        const auto text = variable(name);
        const auto path = key.is_secret() ? variable(file_name) : std::nullopt;
        const bool by_file = path && !path->empty();
        if (text && !(by_file && text->empty())) set_text(key, *text, false, at_variable(name));
        if (by_file) set_text(key, *path, true, at_variable(file_name));
    }
    for (const Key& key : keys()) {
        if (!key.rule.seed_env.empty()) read_seed(key);
    }
    warn_of_unknown_variables();
}

/// The older names: an empty one counts as not set (compose files pass them on empty), and the
/// KIROGATE_ name wins.
void Loader::read_seed(const Key& key) {
    const auto text = variable(key.rule.seed_env);
    if (!text || text->empty()) return;
    const Where where = at_variable(key.rule.seed_env);
    const auto place = places_.find(key.name);
    if (place != places_.end() && place->second.layer == Where::Layer::environment) {
        return warn(where, "ignored, because " + place->second.subject + " is set");
    }
    if (key.rule.seed_env == "PORT") return set_port(key, *text, where);
    set_text(key, *text, false, where);
}

void Loader::set_port(const Key& listen, std::string_view text, const Where& where) {
    const auto port = parse_number(ascii::trim(text));
    if (!port) return complain(where, quoted(text) + " is not a number", kPortAllowed);
    if (*port < 0 || *port > 65535) return complain(where, quoted(text) + " is out of range", kPortAllowed);
    const auto address = with_port(loaded_.config.server.listen, std::to_string(*port));
    if (!address) return warn(where, "ignored, because server.listen is a Unix socket");
    set(listen, Raw(*address), false, where);
}

void Loader::warn_of_unknown_variables() {
    const auto known = known_variables();
    const std::vector<std::string_view> candidates(known.begin(), known.end());
    for (const auto& name : input_.environment_names) {
        if (name.compare(0, kPrefix.size(), kPrefix) != 0) continue;
        bool is_known = false;
        for (const auto& one : known) is_known = is_known || one == name;
        if (is_known) continue;
        const auto near = ascii::nearest(name, candidates);
        std::string what = "not a variable that kirogate knows, ignored";
        if (!near.empty()) what += "; did you mean " + std::string(near) + "?";
        warn(at_variable(quoted(name).substr(1, quoted(name).size() - 2)), what);
    }
}

}  // namespace kg::config
