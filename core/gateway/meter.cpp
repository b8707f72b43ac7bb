#include "core/gateway/meter.hpp"

#include <algorithm>

namespace kg::gateway {
namespace {

constexpr std::array<std::string_view, kApis> kApiNames{"openai", "anthropic", "responses", "completions",
                                                        "other"};
constexpr std::array<std::string_view, kOutcomes> kOutcomeNames{"ok", "refused", "limited", "failed",
                                                                "cancelled"};

/// One writer: no read-modify-write instruction is needed.
template <class T>
void bump(std::atomic<T>& counter, T by) {
    counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

std::size_t api_of(std::string_view dialect) {
    return static_cast<std::size_t>(std::find(kApiNames.begin(), kApiNames.end() - 1, dialect) -
                                    kApiNames.begin());
}

std::uint64_t count(std::int64_t n) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(n, 0));
}

}  // namespace

std::string_view outcome_name(Outcome outcome) {
    return kOutcomeNames[static_cast<std::size_t>(outcome)];
}

std::string_view api_name(std::size_t api) {
    return kApiNames[api];
}

Outcome outcome_of(const store::RequestRecord& record) {
    if (record.error == "cancelled") return Outcome::cancelled;
    if (record.status == 429) return Outcome::limited;
    if (record.status >= 400 && record.status < 500) return Outcome::refused;
    return record.error.empty() && record.status < 400 ? Outcome::ok : Outcome::failed;
}

void Histogram::add(std::chrono::microseconds value) {
    const auto at = std::ranges::lower_bound(kDurationBoundsUs, value.count()) - kDurationBoundsUs.begin();
    bump(counts_[static_cast<std::size_t>(at)], std::uint64_t{1});
    bump(sum_us_, count(value.count()));
}

void Histogram::add_to(View& sum) const {
    for (std::size_t i = 0; i < counts_.size(); ++i)
        sum.counts[i] += counts_[i].load(std::memory_order_relaxed);
    sum.sum_us += sum_us_.load(std::memory_order_relaxed);
}

Meter::Slot& Meter::slot(const std::string& wire_model) {
    auto used = used_.load(std::memory_order_relaxed);
    for (std::size_t i = 0; i < used; ++i) {
        if (slots_[i].name == wire_model) return slots_[i];
    }
    const bool last = used + 1 >= kModelsMax;
    if (used == kModelsMax) return slots_[kModelsMax - 1];
    slots_[used].name = last ? "other" : wire_model;
    used_.store(used + 1, std::memory_order_release);
    return slots_[used];
}

void Meter::request(const store::RequestRecord& r) {
    static const std::string kNone = "none";
    auto& model = slot(r.wire_model.empty() ? kNone : r.wire_model);
    const auto api = api_of(r.dialect);
    bump(model.requests[api][static_cast<std::size_t>(outcome_of(r))], std::uint64_t{1});
    bump(model.input_tokens, count(r.input_tokens));
    bump(model.output_tokens, count(r.output_tokens));
    bump(model.cache_read_tokens, count(r.cache_read_tokens));
    bump(model.cache_write_tokens, count(r.cache_write_tokens));
    if (r.credits > 0) bump(model.credits, r.credits);
    if (r.first_event_ms >= 0) first_event_[api].add(std::chrono::milliseconds(r.first_event_ms));
    total_[api].add(std::chrono::milliseconds(r.total_ms));
    if (r.error.empty()) return;
    for (std::size_t i = 0; i < errors_.size(); ++i) {
        if (error_name(static_cast<ErrorKind>(i)) == r.error) return bump(errors_[i], std::uint64_t{1});
    }
}

void Meter::add_to(View& sum) const {
    const auto load = [](const auto& n) { return n.load(std::memory_order_relaxed); };
    for (std::size_t i = 0, used = used_.load(std::memory_order_acquire); i < used; ++i) {
        const auto& slot = slots_[i];
        auto model = std::ranges::find(sum.models, slot.name, &Model::name);
        if (model == sum.models.end()) model = sum.models.insert(model, Model{.name = slot.name});
        for (std::size_t a = 0; a < kApis; ++a) {
            for (std::size_t o = 0; o < kOutcomes; ++o) model->requests[a][o] += load(slot.requests[a][o]);
        }
        model->input_tokens += load(slot.input_tokens);
        model->output_tokens += load(slot.output_tokens);
        model->cache_read_tokens += load(slot.cache_read_tokens);
        model->cache_write_tokens += load(slot.cache_write_tokens);
        model->credits += load(slot.credits);
    }
    for (std::size_t a = 0; a < kApis; ++a) {
        first_event_[a].add_to(sum.first_event[a]);
        total_[a].add_to(sum.total[a]);
    }
    between_events_.add_to(sum.between_events);
    for (std::size_t i = 0; i < errors_.size(); ++i) sum.errors[i] += load(errors_[i]);
}

Meter& Meters::add() {
    const std::lock_guard lock(mutex_);
    meters_.push_back(std::make_unique<Meter>());
    return *meters_.back();
}

Meter::View Meters::view() const {
    Meter::View sum;
    const std::lock_guard lock(mutex_);
    for (const auto& meter : meters_) meter->add_to(sum);
    return sum;
}

}  // namespace kg::gateway
