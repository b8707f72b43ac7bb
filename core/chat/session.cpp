#include "core/chat/session.hpp"

#include <string_view>

#include "core/base/ascii.hpp"

namespace kg::chat {
namespace {

constexpr std::size_t kKeyBytesMax = 256;
constexpr std::size_t kUserIdBytesMax = 16 * 1024;

/// New Claude Code sends a JSON document in this string, old ones "user_..._session_<uuid>".
std::string session_of_user_id(std::string_view user_id) {
    if (user_id.size() > kUserIdBytesMax) return {};
    const std::string_view trimmed = ascii::trim(user_id);
    if (!trimmed.empty() && trimmed.front() == '{') {
        auto parsed = json::Document::parse(std::string(trimmed));
        if (!parsed) return {};
        return std::string(parsed->root()["session_id"].text());
    }
    constexpr std::string_view mark = "_session_";
    const auto at = user_id.rfind(mark);
    if (at == std::string_view::npos) return {};
    return std::string(user_id.substr(at + mark.size()));
}

std::string find_key(const http::Headers& headers, json::Node body) {
    if (const auto id = headers.get("x-claude-code-session-id"); !id.empty()) return std::string(id);
    if (auto id = session_of_user_id(body["metadata"]["user_id"].text()); !id.empty()) return id;
    for (const std::string_view name :
         {"x-session-id", "x-session-affinity", "session-id", "session_id", "thread-id"}) {
        if (const auto id = headers.get(name); !id.empty()) return std::string(id);
    }
    return std::string(body["prompt_cache_key"].text());
}

}  // namespace

std::string session_key(const http::Headers& headers, json::Node body) {
    std::string key = find_key(headers, body);
    const auto agent = headers.get("x-claude-code-agent-id");
    if (!key.empty() && !agent.empty()) key.append("/").append(agent);
    if (key.size() > kKeyBytesMax) key.resize(ascii::utf8_prefix(key, kKeyBytesMax).size());
    return key;
}

}  // namespace kg::chat
