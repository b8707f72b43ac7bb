#include "core/chat/credit_rates.hpp"

#include <cmath>

namespace kg::chat {
namespace {

constexpr std::size_t kModelsMax = 256;
constexpr double kFading = 0.95;  // of what came before, at each answer
/// What kinds of tokens cost beside one another, as list prices have it.
constexpr double kOutput = 5, kCacheRead = 0.1;

double weight_of(const FinalUsage& usage) {
    return static_cast<double>(usage.input_tokens + usage.cache_write_tokens) +
           kCacheRead * static_cast<double>(usage.cache_read_tokens) +
           kOutput * static_cast<double>(usage.output_tokens);
}

}  // namespace

void CreditRates::observe(std::string_view model, const FinalUsage& usage) {
    const double weight = weight_of(usage);
    if (!std::isfinite(usage.credits) || usage.credits < 0 || weight <= 0) return;
    const std::lock_guard lock(mutex_);
    auto found = models_.find(model);
    if (found == models_.end()) {
        if (models_.size() >= kModelsMax) return;
        found = models_.emplace(std::string(model), Sum{}).first;
    }
    Sum& sum = found->second;
    sum.credits = kFading * sum.credits + usage.credits;
    sum.weight = kFading * sum.weight + weight;
}

double CreditRates::estimate(std::string_view model, const FinalUsage& usage) const {
    const std::lock_guard lock(mutex_);
    const auto found = models_.find(model);
    return found == models_.end() ? 0 : found->second.credits / found->second.weight * weight_of(usage);
}

}  // namespace kg::chat
