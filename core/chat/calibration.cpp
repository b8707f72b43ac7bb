#include "core/chat/calibration.hpp"

#include <algorithm>
#include <cmath>

#include "core/json/document.hpp"
#include "core/json/writer.hpp"

namespace kg::chat {
namespace {

constexpr std::size_t kModelsMax = 256;
constexpr std::uint64_t kPromptMin = 1'000;  // tokens
constexpr double kRatioMin = 0.5, kRatioMax = 2.0;
constexpr double kWeight = 0.2;  // of the newest observation
constexpr std::uint32_t kEager = 8, kEvery = 16;

}  // namespace

double TokenCalibration::ratio(std::string_view model) const {
    const std::lock_guard lock(mutex_);
    const auto found = models_.find(model);
    return found == models_.end() ? 1.0 : found->second.ratio;
}

std::uint64_t TokenCalibration::tokens(std::string_view model, std::uint64_t estimated) const {
    return static_cast<std::uint64_t>(std::llround(static_cast<double>(estimated) * ratio(model)));
}

bool TokenCalibration::wants(std::string_view model) {
    const std::lock_guard lock(mutex_);
    const auto found = models_.find(model);
    if (found == models_.end()) return models_.size() < kModelsMax;
    return found->second.observations < kEager || ++found->second.asked % kEvery == 0;
}

void TokenCalibration::observe(std::string_view model, std::uint64_t estimated, std::uint64_t actual) {
    if (estimated < kPromptMin || actual == 0) return;
    const double seen =
        std::clamp(static_cast<double>(actual) / static_cast<double>(estimated), kRatioMin, kRatioMax);
    const std::lock_guard lock(mutex_);
    auto found = models_.find(model);
    if (found == models_.end()) {
        if (models_.size() >= kModelsMax) return;
        found = models_.emplace(std::string(model), Entry{}).first;
    }
    Entry& entry = found->second;
    ++entry.observations;
    entry.ratio += kWeight * (seen - entry.ratio);
}

std::string TokenCalibration::save() const {
    std::string out;
    json::Writer writer(out);
    writer.begin_object();
    const std::lock_guard lock(mutex_);
    // Rounded, so that what hardly changed is the same text.
    for (const auto& [model, entry] : models_) writer.member(model, std::round(entry.ratio * 100) / 100);
    writer.end_object();
    return out;
}

void TokenCalibration::load(std::string_view saved) {
    const auto document = json::Document::parse(std::string(saved));
    if (!document) return;
    const std::lock_guard lock(mutex_);
    for (const json::Node node : document->root().children()) {
        const auto ratio = node.as_double();
        if (!ratio || models_.size() >= kModelsMax) continue;
        Entry& entry = models_[std::string(node.key())];
        entry.ratio = std::clamp(*ratio, kRatioMin, kRatioMax);
        entry.observations = kEager;
    }
}

}  // namespace kg::chat
