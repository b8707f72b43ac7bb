#include "core/compress/summary_cache.hpp"

#include <iterator>
#include <utility>

#include "core/base/log.hpp"

namespace kg::compress {
namespace {

constexpr std::size_t kEntryBytes = 256;  // about what list, map and allocator add to a text

std::size_t weight(const std::string& text) {
    return text.size() + kEntryBytes;
}

}  // namespace

std::optional<std::string> SummaryCache::find(const Sha256& key) {
    const auto now = clock_.steady();
    const std::lock_guard lock(mutex_);
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return std::nullopt;
    const auto entry = found->second;
    if (now - entry->used > options_.ttl) {
        bytes_ -= weight(entry->text);
        entries_.erase(entry);
        by_key_.erase(found);
        return std::nullopt;
    }
    entry->used = now;
    entries_.splice(entries_.begin(), entries_, entry);
    return entry->text;
}

bool SummaryCache::load(std::vector<Sha256> keys, const loop::Wakeup::Door& door,
                        UniqueFunction<void(Found)> done) {
    const auto now_ms = to_ms(clock_.wall());
    std::int64_t oldest_ms;
    {
        const std::lock_guard lock(mutex_);
        oldest_ms = now_ms - options_.ttl.count();
    }
    return store_.run<Found>(
        door,
        [keys = std::move(keys), now_ms, oldest_ms](store::Stores& stores) {
            Found out;
            auto found = stores.summaries().find(keys, oldest_ms, now_ms);
            if (!found) {
                log::error("compress", "summaries could not be read", {{"error", found.error().message}});
                return out;
            }
            for (store::Summary& summary : *found) out.emplace_back(summary.key, std::move(summary.text));
            return out;
        },
        // On the loop: the store's jobs may outlive this.
        [this, done = std::move(done)](Found found) mutable {
            for (const auto& [key, text] : found) remember(key, text);
            done(std::move(found));
        });
}

void SummaryCache::put(const Sha256& key, const std::string& text, bool stored) {
    remember(key, text);
    if (!stored) return;
    const bool posted =
        store_.post([summary = store::Summary{.key = key, .text = text, .used_at_ms = to_ms(clock_.wall())}](
                        store::Stores& stores) {
            if (auto written = stores.summaries().put(summary); !written)
                log::error("compress", "summary not stored", {{"error", written.error().message}});
        });
    if (!posted) log::warn("compress", "summary not stored: the store does not keep up");
}

void SummaryCache::prune() {
    CacheOptions options;
    {
        const std::lock_guard lock(mutex_);
        options = options_;
    }
    store_.post([oldest_ms = to_ms(clock_.wall()) - options.ttl.count(),
                 max_bytes = options.store_max_bytes](store::Stores& stores) {
        if (auto pruned = stores.summaries().prune(oldest_ms, max_bytes); !pruned)
            log::error("compress", "summaries not pruned", {{"error", pruned.error().message}});
    });
}

void SummaryCache::set_options(const CacheOptions& options) {
    const std::lock_guard lock(mutex_);
    options_ = options;
    drop_oldest();
}

std::size_t SummaryCache::memory_bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
}

void SummaryCache::remember(const Sha256& key, const std::string& text) {
    const auto now = clock_.steady();
    const std::lock_guard lock(mutex_);
    if (const auto known = by_key_.find(key); known != by_key_.end()) {
        bytes_ -= weight(known->second->text);
        entries_.erase(known->second);
        by_key_.erase(known);
    }
    entries_.push_front({key, text, now});
    by_key_.emplace(key, entries_.begin());
    bytes_ += weight(text);
    drop_oldest();
}

void SummaryCache::drop_oldest() {
    while (bytes_ > options_.memory_max_bytes && !entries_.empty()) {
        bytes_ -= weight(entries_.back().text);
        by_key_.erase(entries_.back().key);
        entries_.pop_back();
    }
}

}  // namespace kg::compress
