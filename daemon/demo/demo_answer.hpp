#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "core/json/document.hpp"
#include "daemon/demo/frame_script.hpp"

namespace kg::demo {

/// What the fake answers when no scenario says otherwise: it thinks when told to, says who it is
/// and what it heard, calls a tool when asked ("use the tool NAME"), and sums up what tools
/// returned.
struct DemoAnswer {
    std::vector<Piece> frames;
    double credits = 0;
};
struct DemoAnswerOptions {
    std::chrono::milliseconds pace{};
    bool tail = true;
    std::string tool_use_id;  // for the call, if there is one
};
DemoAnswer demo_answer(json::Node root, const DemoAnswerOptions& options);

/// Arguments that fit a tool's schema: its required properties with plain values.
std::string sample_arguments(json::Node schema);

}  // namespace kg::demo
