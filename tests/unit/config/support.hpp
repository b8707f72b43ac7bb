#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/config/load.hpp"
#include "core/config/schema.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

namespace kg::config::test {

using Variables = std::map<std::string, std::string>;

/// One load with everything the outside world could hold given by the test.
struct Setup {
    kg::test::TempDir dir;
    Variables variables;
    std::vector<std::pair<std::string, std::string>> overrides;
    std::optional<std::string> config_flag;

    void file(const std::string& text) { config_flag = dir.write("kirogate.toml", text); }

    LoadInput input() const {
        LoadInput in;
        in.config_flag = config_flag;
        in.environment = [this](std::string_view name) -> std::optional<std::string> {
            const auto it = variables.find(std::string(name));
            if (it == variables.end()) return std::nullopt;
            return it->second;
        };
        in.overrides = overrides;
        for (const auto& variable : variables) in.environment_names.push_back(variable.first);
        in.system_path = dir.path("etc/kirogate.toml");
        return in;
    }

    Result<Loaded> load() const { return config::load(input()); }

    Loaded good() const {
        auto loaded = load();
        INFO((loaded ? std::string() : loaded.error().message));
        REQUIRE(loaded);
        return std::move(*loaded);
    }

    /// The message of the refusal, with the directory's name shown as DIR.
    std::string refusal() const {
        const auto loaded = load();
        REQUIRE_FALSE(loaded);
        CHECK(loaded.error().kind == ErrorKind::config_invalid);
        return hide_dir(loaded.error().message);
    }

    std::string hide_dir(std::string text) const {
        for (auto at = text.find(dir.path()); at != std::string::npos; at = text.find(dir.path())) {
            text.replace(at, dir.path().size(), "DIR");
        }
        return text;
    }
};

inline std::string shown_value(const Loaded& loaded, std::string_view key) {
    for (const auto& row : show(loaded)) {
        if (row.key == key) return row.value;
    }
    return "(no such key)";
}

}  // namespace kg::config::test
