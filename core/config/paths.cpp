#include <sys/stat.h>

#include "core/config/load.hpp"

namespace kg::config {
namespace {

std::optional<std::string> non_empty(const Environment& environment, std::string_view name) {
    auto value = environment ? environment(name) : std::nullopt;
    if (value && value->empty()) return std::nullopt;
    return value;
}

/// The XDG variable, which counts only when absolute, or its fallback below the home directory.
std::optional<std::string> xdg_dir(const Environment& environment, std::string_view variable,
                                   std::string_view fallback) {
    if (auto dir = non_empty(environment, variable); dir && dir->front() == '/') return dir;
    if (auto home = non_empty(environment, "HOME")) return *home + std::string(fallback);
    return std::nullopt;
}

bool exists(const std::string& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0;
}

}  // namespace

std::optional<std::string> find_config_file(const LoadInput& input) {
    if (input.config_flag) return input.config_flag;
    if (auto named = non_empty(input.environment, "KIROGATE_CONFIG"); named && exists(*named)) return named;
    if (const auto dir = xdg_dir(input.environment, "XDG_CONFIG_HOME", "/.config")) {
        if (auto path = *dir + "/kirogate/kirogate.toml"; exists(path)) return path;
    }
    if (std::string path = input.system_path; exists(path)) return path;
    return std::nullopt;
}

std::string find_state_dir(const std::optional<std::string>& flag, const Environment& environment) {
    if (flag && !flag->empty()) return *flag;
    // systemd lists several directories separated by colons; ours is the first.
    if (const auto given = non_empty(environment, "STATE_DIRECTORY"))
        return given->substr(0, given->find(':'));
    if (const auto dir = xdg_dir(environment, "XDG_STATE_HOME", "/.local/state")) return *dir + "/kirogate";
    return "/var/lib/kirogate";
}

}  // namespace kg::config
