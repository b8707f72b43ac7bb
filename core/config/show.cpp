#include "core/config/load.hpp"
#include "core/config/schema.hpp"
#include "core/config/value.hpp"

namespace kg::config {

std::vector<ShownValue> show(const Loaded& loaded) {
    Config config = loaded.config;  // the accessors of the schema need one that may be written
    std::vector<ShownValue> rows;
    rows.reserve(keys().size());
    for (const Key& key : keys()) {
        const auto origin = loaded.origins.find(std::string(key.name));
        rows.push_back({std::string(key.name), display_text(key, config),
                        origin == loaded.origins.end() ? "default" : origin->second, std::string(key.help),
                        allowed_text(key)});
    }
    return rows;
}

}  // namespace kg::config
