#include "daemon/api/key_defaults.hpp"

namespace kg::api {

void apply_defaults(const store::Key& key, chat::Request& request) {
    const auto join = [](const std::string& first, const std::string& second) {
        return first.empty() || second.empty() ? first + second : first + "\n\n" + second;
    };
    if (!key.system_prepend.empty()) request.system = join(key.system_prepend, request.system);
    if (!key.system_append.empty()) request.system = join(request.system, key.system_append);
    if (!key.thinking.empty() && !request.thinking.stated) {
        request.thinking.enabled = true;
        request.thinking.effort = chat::parse_effort(key.thinking);
    }
}

}  // namespace kg::api
