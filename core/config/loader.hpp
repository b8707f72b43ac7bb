#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/load.hpp"
#include "core/config/value.hpp"

namespace kg::config {

/// Where one value was written: for messages ("FILE:3:10", "environment", "flag"), by what name,
/// and in the short form of `config show`.
struct Where {
    enum class Layer { none, settings, file, environment, flag };
    Layer layer = Layer::none;
    std::string location;
    std::string subject;
    std::string origin;
    int line = 0, column = 0;
};

/// One load, from first layer to last: read_stored, read_file, read_environment, read_overrides,
/// check_across, finish. Every step goes on after a problem, so that one run tells all of them.
class Loader {
  public:
    explicit Loader(const LoadInput& input);

    void read_stored();
    void read_file();
    void read_environment();
    void read_overrides();
    void check_across();
    Result<Loaded> finish() &&;

  private:
    friend class TomlLayer;

    /// Sets a key, or with `as_file` a secret from the file that `raw` names.
    void set(const Key& key, const Raw& raw, bool as_file, const Where& where);
    void set_text(const Key& key, std::string_view text, bool as_file, const Where& where);
    void set_port(const Key& listen, std::string_view text, const Where& where);
    void read_seed(const Key& key);
    void warn_of_unknown_variables();
    void complain(const Where& where, std::string_view what, std::string_view allowed = {},
                  std::string_view hint = {});
    void complain_unknown(const Where& where);
    void warn(const Where& where, std::string_view what);
    /// The more telling of two keys' places: the one that was set last.
    const Where& later(const std::string& a, const std::string& b) const;
    void expect(bool holds, const char* key, std::string_view relation, const char* other);
    std::optional<std::string> variable(std::string_view name) const;

    struct Problem {
        Where where;
        std::string line;
    };

    const LoadInput& input_;
    Loaded loaded_;
    std::map<std::string, Where, std::less<>> places_;  // of each key that was set
    std::vector<Problem> problems_;
};

}  // namespace kg::config
