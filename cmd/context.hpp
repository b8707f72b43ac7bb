#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cmd/options.hpp"
#include "core/base/clock.hpp"
#include "core/base/random.hpp"
#include "core/base/result.hpp"
#include "core/base/seal.hpp"
#include "core/config/load.hpp"
#include "core/store/store.hpp"

namespace kg::cmd {

/// What every command receives; configuration and store are opened when first asked for.
class Context {
  public:
    explicit Context(const GlobalOptions& options)
        : options_(options), environment_(config::process_environment()) {}

    const Clock& clock() const { return clock_; }
    Random& random() { return random_; }
    const config::Environment& environment() const { return environment_; }
    config::LoadInput load_input() const;
    void override_key(std::string key, std::string value) {
        overrides_.emplace_back(std::move(key), std::move(value));
    }

    Result<config::Loaded*> config();
    /// The same with the settings that a running gateway has stored: what such a one works with.
    Result<config::Loaded> config_in_force();
    std::string state_dir() const;
    Result<store::Stores*> stores();
    /// For what writes nothing: where there is no state yet, empty stores instead of a new state.
    Result<store::Stores*> stores_to_read();
    /// The key that seals what the state keeps; made with the state.
    Result<Sealer> sealer();

  private:
    const GlobalOptions& options_;
    SystemClock clock_;
    SystemRandom random_;
    config::Environment environment_;
    std::vector<std::pair<std::string, std::string>> overrides_;
    std::optional<config::Loaded> loaded_;
    std::unique_ptr<store::Stores> stores_;
};

}  // namespace kg::cmd
