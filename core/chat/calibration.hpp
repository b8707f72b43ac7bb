#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace kg::chat {

/// What the local token estimate has to be multiplied with for each model, learned from the prompt
/// sizes that upstream tells: a moving average between a half and two, one until something is
/// known. Shared by all loops: one mutex, held for nanoseconds.
class TokenCalibration {
  public:
    double ratio(std::string_view model) const;
    std::uint64_t tokens(std::string_view model, std::uint64_t estimated) const;
    /// Whether another observation is worth an estimate: always at first, then every 16th time.
    bool wants(std::string_view model);
    /// Small prompts are passed over: upstream's own preamble would be most of what is measured.
    void observe(std::string_view model, std::uint64_t estimated, std::uint64_t actual);

    /// What was learned as a JSON object of model and ratio; "{}" when nothing.
    std::string save() const;
    /// Takes over what save() wrote; anything else is passed over, as if nothing had been learned.
    void load(std::string_view saved);

  private:
    struct Entry {
        double ratio = 1.0;
        std::uint32_t observations = 0;
        std::uint32_t asked = 0;
    };
    mutable std::mutex mutex_;
    std::map<std::string, Entry, std::less<>> models_;  // at most kModelsMax
};

}  // namespace kg::chat
