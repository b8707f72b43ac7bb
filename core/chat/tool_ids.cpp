#include "core/chat/tool_ids.hpp"

#include <algorithm>

#include "core/base/ascii.hpp"

namespace kg::chat {
namespace {

bool can_pass(std::string_view id) {
    return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), [](char c) {
        return ascii::is_alpha(c) || ascii::is_digit(c) || c == '_' || c == '-';
    });
}

}  // namespace

const std::string& ToolIds::next(std::string_view upstream_id) {
    if (can_pass(upstream_id) && std::find(used_.begin(), used_.end(), upstream_id) == used_.end()) {
        return used_.emplace_back(upstream_id);
    }
    return used_.emplace_back(stem_ + "_" + std::to_string(used_.size()));
}

}  // namespace kg::chat
