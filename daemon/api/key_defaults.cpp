#include "daemon/api/key_defaults.hpp"

#include "core/store/rules.hpp"

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

std::optional<bool> may_search(const store::Key& key) {
    if (key.web_search.empty()) return std::nullopt;
    return key.web_search == "on";
}

void apply_compression(const store::Key& key, gateway::JobPermissions& permissions) {
    const auto wanted = store::compression_of(key.compression).value_or(store::KeyCompression{});
    permissions.compression_percent = wanted.percent;
    if (!wanted.enabled || permissions.compression != gateway::CompressionWish::standard) return;
    permissions.compression = *wanted.enabled ? gateway::CompressionWish::on : gateway::CompressionWish::off;
}

}  // namespace kg::api
