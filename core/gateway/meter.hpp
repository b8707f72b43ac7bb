#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/store/records.hpp"

namespace kg::gateway {

/// Upper bounds of the histograms, in microseconds; the last bucket has none.
inline constexpr std::array<std::int64_t, 18> kDurationBoundsUs{
    5'000,      10'000,     25'000,     50'000,      100'000,     250'000,
    500'000,    1'000'000,  1'500'000,  2'500'000,   5'000'000,   10'000'000,
    15'000'000, 30'000'000, 60'000'000, 120'000'000, 300'000'000, 600'000'000};

/// A histogram with one writer; any thread may read.
class Histogram {
  public:
    void add(std::chrono::microseconds value);
    struct View {
        std::array<std::uint64_t, kDurationBoundsUs.size() + 1> counts{};
        std::uint64_t sum_us = 0;
    };
    void add_to(View& sum) const;

  private:
    std::array<std::atomic<std::uint64_t>, kDurationBoundsUs.size() + 1> counts_{};
    std::atomic<std::uint64_t> sum_us_{0};
};

enum class Outcome : std::uint8_t {
    ok,
    refused,
    limited,
    failed,
    cancelled
};  // refused: by the request's fault
inline constexpr std::size_t kOutcomes = 5, kApis = 5;
std::string_view outcome_name(Outcome outcome);
std::string_view api_name(std::size_t api);  // the last one is "other"
Outcome outcome_of(const store::RequestRecord& record);

/// What one loop counts, for /metrics: written by its thread alone, without a lock or a shared cache
/// line (a few nanoseconds a count); read by any. Labels are bounded: the first 63 models, of which
/// "none" may be one, then "other".
class Meter {
  public:
    static constexpr std::size_t kModelsMax = 64;  // the last is "other"

    void request(const store::RequestRecord& record);
    void between_events(std::chrono::microseconds gap) { between_events_.add(gap); }

    struct Model {
        std::string name;
        std::array<std::array<std::uint64_t, kOutcomes>, kApis> requests{};
        std::uint64_t input_tokens = 0, output_tokens = 0, cache_read_tokens = 0, cache_write_tokens = 0;
        double credits = 0;
    };
    struct View {
        std::vector<Model> models;
        std::array<Histogram::View, kApis> first_event, total;
        Histogram::View between_events;
        std::array<std::uint64_t, static_cast<std::size_t>(ErrorKind::internal) + 1> errors{};
    };
    void add_to(View& sum) const;

  private:
    struct Slot {
        std::string name;  // written once, before it is counted in used_
        std::array<std::array<std::atomic<std::uint64_t>, kOutcomes>, kApis> requests{};
        std::atomic<std::uint64_t> input_tokens{0}, output_tokens{0}, cache_read_tokens{0},
            cache_write_tokens{0};
        std::atomic<double> credits{0};
    };
    Slot& slot(const std::string& wire_model);

    std::array<Slot, kModelsMax> slots_;
    std::atomic<std::size_t> used_{0};
    std::array<Histogram, kApis> first_event_, total_;
    Histogram between_events_;
    std::array<std::atomic<std::uint64_t>, static_cast<std::size_t>(ErrorKind::internal) + 1> errors_{};
};

/// The meters of all loops. Thread-safe; a meter lives as long as the process's Meters.
class Meters {
  public:
    Meter& add();
    Meter::View view() const;

  private:
    mutable std::mutex mutex_;
    std::vector<std::unique_ptr<Meter>> meters_;
};

}  // namespace kg::gateway
