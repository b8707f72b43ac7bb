#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "core/files/options.hpp"
#include "core/kiro/models.hpp"

namespace kg::gateway {

/// When and how conversations are compressed.
struct CompressionSettings {
    bool enabled = true;
    unsigned threshold_percent = 50;  // of the model's window
    std::size_t keep_messages = 30;
    std::uint64_t chunk_tokens = 16'000;
    std::string model = "claude-haiku-4.5";
    std::chrono::milliseconds time_max{90'000};
};

/// Searches of the web that the gateway runs for the model.
struct WebSearchSettings {
    bool enabled = true;
    unsigned uses_max = 8;  // in one answer
    std::chrono::milliseconds time_max{20'000};
};

/// What a reload may change while requests run. Immutable snapshot.
struct Settings {
    kiro::Aliases aliases;
    unsigned attempts_max = 9;  // tries of one request over all accounts
    std::chrono::milliseconds failover_time_max{60'000};
    std::chrono::milliseconds hold_back{0};           // of a stream's first events; 0: none
    bool continue_text = false;                       // a text that broke off is asked for on
    std::chrono::milliseconds queue_timeout{30'000};  // to wait while every account is busy
    std::chrono::milliseconds ping_interval{15'000};
    std::size_t answer_max_bytes = 64u << 20;  // of an answer held in memory
    std::size_t streams_max = 4'000;           // requests in progress, whole process
    CompressionSettings compression;
    WebSearchSettings web_search;
    files::Options files;
    std::size_t responses_kept = 0;  // for each key; 0: none
    std::chrono::milliseconds responses_kept_for{30LL * 24 * 3'600'000};
};

/// The current snapshot; any thread.
class SettingsHolder {
  public:
    explicit SettingsHolder(Settings settings)
        : current_(std::make_shared<const Settings>(std::move(settings))) {}
    std::shared_ptr<const Settings> get() const {
        const std::lock_guard lock(mutex_);
        return current_;
    }
    void set(Settings settings) {
        auto next = std::make_shared<const Settings>(std::move(settings));
        const std::lock_guard lock(mutex_);
        current_.swap(next);
    }

  private:
    mutable std::mutex mutex_;
    std::shared_ptr<const Settings> current_;
};

}  // namespace kg::gateway
