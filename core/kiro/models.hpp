#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.hpp"
#include "core/chat/request.hpp"
#include "core/json/document.hpp"

namespace kg::kiro {

/// How a model takes its knobs (kiro-upstream 2.6), from additionalModelRequestFieldsSchema.
struct ModelCapabilities {
    bool native_thinking = false;       // accepts {"thinking":{"type":"adaptive"...}}
    bool can_disable_thinking = false;  // "disabled" is in the schema's enum
    bool reasoning_effort = false;      // GPT family: {"reasoning":{"effort":...}}
    std::vector<std::string> efforts;   // allowed output_config.effort (or reasoning.effort) values
    std::uint32_t max_tokens_min = 0;   // 0: the model takes no max_tokens
    std::uint32_t max_tokens_max = 0;
};

struct Model {
    chat::ModelInfo info;  // info.id is the wire id
    ModelCapabilities capabilities;
};

/// ListAvailableModels answer (3.3): models, then nextToken ("" at the end). Tolerant of nulls.
struct ModelPage {
    std::vector<Model> models;
    std::string next_token;
};
Result<ModelPage> parse_model_page(std::string_view body);

/// The table of kiro-upstream 3.1, served while no account has answered yet.
const std::vector<Model>& builtin_models();

/// What a client's model name means.
struct ResolvedModel {
    const Model* model = nullptr;  // points into the list that was given
    bool thinking = false;         // asked for by a "-thinking" suffix
    std::optional<chat::Effort> effort;
    std::string chain;  // "claude-3-5-sonnet -> claude-sonnet-4.5", for logs and a header
};
using Aliases = std::vector<std::pair<std::string, std::string>>;  // [models.aliases], exact, first match

/// kiro-upstream 3.2. Unknown names are ErrorKind::model_not_found: never silently another model.
/// Upper-case legacy ids (3.1) match a listed model without regard to case, else are not found.
Result<ResolvedModel> resolve_model(std::string_view name, const std::vector<Model>& listed,
                                    const Aliases& aliases);
/// Public names for a wire id, the form clients send ("claude-sonnet-4.5" -> "claude-sonnet-4-5").
std::string public_name(std::string_view wire_id);

}  // namespace kg::kiro
