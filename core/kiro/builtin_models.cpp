#include <array>

#include "core/kiro/models.hpp"

namespace kg::kiro {
namespace {

/// How a row of the table takes thinking: nothing, or efforts up to max.
enum class Thinks : std::uint8_t { tags, no_xhigh, all, always, gpt };

struct Row {
    std::string_view id;
    std::string_view name;
    std::uint32_t context;
    std::uint32_t output;
    double rate;
    Thinks thinks;
    bool images = true;
};

constexpr std::uint32_t k200 = 200'000;
constexpr std::uint32_t k1m = 1'000'000;
constexpr std::uint32_t k64 = 64'000;
constexpr std::uint32_t k128 = 128'000;

constexpr auto kRows = std::to_array<Row>({
    {"auto", "Auto", k200, k64, 1.0, Thinks::tags},
    {"claude-haiku-4.5", "Claude Haiku 4.5", k200, k64, 0.4, Thinks::tags},
    {"claude-sonnet-4", "Claude Sonnet 4", k200, k64, 1.3, Thinks::tags},
    {"claude-sonnet-4.5", "Claude Sonnet 4.5", k200, k64, 1.3, Thinks::tags},
    {"claude-sonnet-4.5-1m", "Claude Sonnet 4.5 (1M)", k1m, k64, 1.3, Thinks::tags},
    {"claude-sonnet-4.6", "Claude Sonnet 4.6", k1m, k64, 1.3, Thinks::no_xhigh},
    {"claude-sonnet-4.6-1m", "Claude Sonnet 4.6 (1M)", k1m, k64, 1.3, Thinks::no_xhigh},
    {"claude-sonnet-5", "Claude Sonnet 5", k1m, k128, 1.3, Thinks::all},
    {"claude-sonnet-5.5", "Claude Sonnet 5.5", k1m, k128, 1.3, Thinks::always},
    {"claude-opus-4.5", "Claude Opus 4.5", k200, k64, 2.2, Thinks::tags},
    {"claude-opus-4.6", "Claude Opus 4.6", k1m, k64, 2.2, Thinks::no_xhigh},
    {"claude-opus-4.6-1m", "Claude Opus 4.6 (1M)", k1m, k64, 2.2, Thinks::no_xhigh},
    {"claude-opus-4.7", "Claude Opus 4.7", k1m, k64, 2.2, Thinks::all},
    {"claude-opus-4.8", "Claude Opus 4.8", k1m, k128, 2.2, Thinks::all},
    {"claude-opus-5", "Claude Opus 5", k1m, k128, 2.2, Thinks::all},
    {"claude-opus-5.5", "Claude Opus 5.5", k1m, k128, 2.0, Thinks::always},
    {"claude-fable-5", "Claude Fable 5", k1m, k128, 2.2, Thinks::tags},
    {"gpt-5.6-sol", "GPT-5.6 Sol", 272'000, k128, 2.4, Thinks::gpt},
    {"gpt-5.6-terra", "GPT-5.6 Terra", 272'000, k128, 1.2, Thinks::gpt},
    {"gpt-5.6-luna", "GPT-5.6 Luna", 272'000, k128, 1.1, Thinks::gpt},
    {"deepseek-3.2", "DeepSeek 3.2", 128'000, k64, 0.25, Thinks::tags, false},
    {"glm-5", "GLM 5", k200, k64, 0.5, Thinks::tags, false},
    {"minimax-m2.1", "MiniMax M2.1", k200, k64, 0.15, Thinks::tags, false},
    {"minimax-m2.5", "MiniMax M2.5", k200, k64, 0.25, Thinks::tags, false},
    {"qwen3-coder-next", "Qwen3 Coder Next", 256'000, k64, 0.05, Thinks::tags, false},
});

ModelCapabilities capabilities(const Row& row) {
    ModelCapabilities out;
    if (row.thinks == Thinks::tags) return out;
    if (row.thinks == Thinks::gpt) {
        out.reasoning_effort = true;
        out.efforts = {"none", "low", "medium", "high", "xhigh", "max"};
        return out;
    }
    out.native_thinking = true;
    out.can_disable_thinking = row.thinks != Thinks::always;
    out.efforts = {"low", "medium", "high"};
    if (row.thinks != Thinks::no_xhigh) out.efforts.emplace_back("xhigh");
    out.efforts.emplace_back("max");
    out.max_tokens_min = 1'024;
    out.max_tokens_max = row.output;
    return out;
}

std::vector<Model> build() {
    std::vector<Model> out;
    out.reserve(kRows.size());
    for (const Row& row : kRows) {
        Model model;
        model.info.id = row.id;
        model.info.display_name = row.name;
        model.info.context_tokens = row.context;
        model.info.output_tokens = row.output;
        model.info.rate = row.rate;
        model.info.images = row.images;
        model.capabilities = capabilities(row);
        out.push_back(std::move(model));
    }
    return out;
}

}  // namespace

const std::vector<Model>& builtin_models() {
    static const std::vector<Model> models = build();
    return models;
}

}  // namespace kg::kiro
