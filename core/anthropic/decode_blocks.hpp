#pragma once

#include <vector>

#include "core/base/result.hpp"
#include "core/chat/request.hpp"
#include "core/json/document.hpp"

namespace kg::anthropic {

struct BlockContext {
    chat::Request& request;  // receives warnings
    chat::Role role;         // user or assistant: whose turn it is
};

/// One content block of a user or assistant turn, appended as neutral parts (none when the block is
/// dropped).
Result<void> decode_block(json::Node block, BlockContext context, std::vector<chat::Part>& parts);

}  // namespace kg::anthropic
