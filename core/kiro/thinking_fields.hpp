#pragma once

#include <string>

#include "core/chat/request.hpp"
#include "core/kiro/models.hpp"

namespace kg::kiro {

/// How a model is told to think (kiro-upstream 2.6).
struct ThinkingPlan {
    std::string fields;       // value of additionalModelRequestFields, empty: none
    std::string prompt_tags;  // for the start of the system text, empty: none
};

ThinkingPlan plan_thinking(const chat::ThinkingOptions& asked, const ModelCapabilities& model);

}  // namespace kg::kiro
