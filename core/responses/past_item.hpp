#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/json/document.hpp"

namespace kg::responses {

/// A call of a hosted tool, or its result, as a conversation plays it back: the gateway has no such
/// tools, so it becomes text.
struct PastItem {
    bool result = false;  // said by the user's side
    std::string text;     // empty: nothing worth telling
};
/// Nothing for items of any other kind.
std::optional<PastItem> read_past_item(std::string_view type, json::Node item);

}  // namespace kg::responses
