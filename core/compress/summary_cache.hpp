#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/digest.hpp"
#include "core/base/unique_function.hpp"
#include "core/loop/wakeup.hpp"
#include "core/store/async_store.hpp"

namespace kg::compress {

struct CacheOptions {
    std::size_t memory_max_bytes = 16u << 20;  // texts and what holds them; the longest unused goes
    std::uint64_t store_max_bytes = 64u << 20;
    std::chrono::milliseconds ttl{std::chrono::hours(24)};  // since last used
};

struct KeyHash {
    std::size_t operator()(const Sha256& key) const {
        std::size_t hash;
        std::memcpy(&hash, key.data(), sizeof hash);
        return hash;
    }
};

/// Finished summaries: memory first, then the store. A summary never changes, so a hit is never
/// stale; failures are never put (seed G6). Shared by all loops: one mutex, held for microseconds
/// and never across the store.
class SummaryCache {
  public:
    SummaryCache(store::AsyncStore& store, const Clock& clock, const CacheOptions& options = {})
        : store_(store), clock_(clock), options_(options) {}

    std::optional<std::string> find(const Sha256& key);
    /// Asks the store; what it has is in memory afterwards. `done` gets it, on the door's loop, unless
    /// the store's queue is full: then false, and nothing will be called.
    using Found = std::vector<std::pair<Sha256, std::string>>;
    bool load(std::vector<Sha256> keys, const loop::Wakeup::Door& door, UniqueFunction<void(Found)> done);
    /// Into memory at once, into the store in a moment, unless it may not be `stored`.
    void put(const Sha256& key, const std::string& text, bool stored = true);
    /// Bounds what the store keeps; from a timer.
    void prune();
    void set_options(const CacheOptions& options);
    std::size_t memory_bytes() const;

  private:
    struct Entry {
        Sha256 key;
        std::string text;
        SteadyTime used;
    };
    void remember(const Sha256& key, const std::string& text);
    void drop_oldest();

    store::AsyncStore& store_;
    const Clock& clock_;
    mutable std::mutex mutex_;
    CacheOptions options_;
    std::list<Entry> entries_;  // most recently used first
    std::unordered_map<Sha256, std::list<Entry>::iterator, KeyHash> by_key_;
    std::size_t bytes_ = 0;
};

}  // namespace kg::compress
