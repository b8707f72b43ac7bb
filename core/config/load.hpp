#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.hpp"
#include "core/config/config.hpp"

namespace kg::config {

using Environment = std::function<std::optional<std::string>(std::string_view name)>;
Environment process_environment();  // the only getenv of the product
/// Names of all variables of the process, for LoadInput::environment_names.
std::vector<std::string> process_environment_names();

struct LoadInput {
    std::optional<std::string> config_flag;  // --config
    Environment environment;
    std::vector<std::pair<std::string, std::string>> overrides;  // from flags: "server.listen", "..."
    /// Names of the variables that are set; a KIROGATE_ name among them that means nothing is
    /// warned of. May be empty: then none is.
    std::vector<std::string> environment_names{};
    /// Runtime settings: names and texts, in force where no file, variable or flag says otherwise. One
    /// that is not allowed (any more) is warned of and left out.
    std::vector<std::pair<std::string, std::string>> stored{};
    std::string system_path = "/etc/kirogate/kirogate.toml";  // read when nothing nearer exists
};

/// Where an effective value came from: "default", "file:/etc/kirogate/kirogate.toml:12",
/// "environment:PORT", "flag", or "settings": changed at run time.
using Origins = std::map<std::string, std::string>;

struct Loaded {
    Config config;
    Origins origins;                    // by key, every key of the schema
    std::string path;                   // the file that was read, "" when none was found
    std::vector<std::string> warnings;  // an older name that is overruled, and the like
};

/// Finds the file (--config, $KIROGATE_CONFIG, $XDG_CONFIG_HOME/kirogate/kirogate.toml,
/// /etc/kirogate/kirogate.toml), then environment, then overrides. Every problem is collected; the
/// error (config_invalid) lists one per line as "file:line:column: key: what is wrong; what is
/// allowed; did you mean".
Result<Loaded> load(const LoadInput& input);
/// Whether file, environment or flag fix a value, so that a runtime setting has no effect.
bool is_fixed(std::string_view origin);
/// Gives `to` what `from` has of origin "settings", and says so.
void take_settings(const Loaded& from, Config& to, Origins& origins);
/// Path that would be read, in the same order; nothing when there is none.
std::optional<std::string> find_config_file(const LoadInput& input);
/// --state-dir, $STATE_DIRECTORY, $XDG_STATE_HOME/kirogate, ~/.local/state/kirogate.
std::string find_state_dir(const std::optional<std::string>& flag, const Environment& environment);

/// One row per key for `config show`: key, value (secrets as "(set)" / "(not set)"), origin.
struct ShownValue {
    std::string key, value, origin, help, allowed;
};
std::vector<ShownValue> show(const Loaded& loaded);
/// The example file (every key, commented with its default, range and environment name).
std::string example_toml();
/// The "KEYS" part of kirogate.toml(5), as man macros.
std::string man_keys();

}  // namespace kg::config
