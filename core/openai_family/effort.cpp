#include "core/openai_family/effort.hpp"

#include "core/chat/request_rules.hpp"

namespace kg::openai_family {

void set_effort(std::string_view effort, chat::Request& request) {
    if (effort == "none" || effort == "minimal") {
        request.thinking.enabled = false;
        return;
    }
    request.thinking.effort = chat::parse_effort(effort);
    request.thinking.enabled = request.thinking.effort.has_value();
    if (!request.thinking.enabled) chat::warn_ignored(request, "this reasoning effort");
}

}  // namespace kg::openai_family
