#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/unique_function.hpp"
#include "core/loop/wakeup.hpp"
#include "core/loop/worker.hpp"
#include "core/store/store.hpp"

namespace kg::store {

struct AsyncStoreOptions {
    std::size_t pending_max = 65'536;  // records; beyond that they are dropped, counted and logged
    std::size_t jobs_max = 65'536;
    std::size_t batch_max = 256;  // records of one transaction
    std::size_t batch_soon = 1;   // so many make the worker write; fewer wait for write_pending()
    int attempts = 3;             // to write one batch before it is given up, and logged
    std::chrono::milliseconds retry_pause{100};
};

/// The store from a loop: jobs run in order on one worker thread, results return through the
/// caller's door. Shared by all loops; destroying waits for what is queued.
class AsyncStore {
  public:
    explicit AsyncStore(Stores& stores, const AsyncStoreOptions& options = {});
    AsyncStore(const AsyncStore&) = delete;
    AsyncStore& operator=(const AsyncStore&) = delete;
    ~AsyncStore();

    /// Runs `job(stores)` on the worker, then `done(result)` on the door's loop. False when the
    /// queue is full: nothing will be called.
    template <class R>
    bool run(const loop::Wakeup::Door& door, UniqueFunction<R(Stores&)> job, UniqueFunction<void(R)> done);
    /// Fire and forget.
    bool post(UniqueFunction<void(Stores&)> job);
    /// Queues a finished request: cheap, never blocks on the disk. Once `batch_soon` have come
    /// together the worker writes them; fewer wait for write_pending(), which the owner calls from
    /// a timer.
    void record(RequestRecord record);
    void write_pending();
    /// Blocks until everything queued before the call is written (shutdown). Not from a job.
    void flush();
    /// Records that were not written: the queue was full, or the store refused them to the end.
    std::uint64_t lost() const;

  private:
    void write_next_batch();
    std::size_t write_batch();  // records that still wait
    void post_batch();
    void store_batch(const std::vector<RequestRecord>& batch);
    void note_dropped();

    Stores& stores_;
    const AsyncStoreOptions options_;
    mutable std::mutex mutex_;
    std::deque<RequestRecord> pending_;
    bool batch_posted_ = false;
    std::uint64_t lost_ = 0;
    std::uint64_t dropped_unlogged_ = 0;
    std::optional<SteadyTime> drop_logged_at_;
    loop::Worker worker_;  // last: its destructor runs what is queued while the rest still lives
};

template <class R>
bool AsyncStore::run(const loop::Wakeup::Door& door, UniqueFunction<R(Stores&)> job,
                     UniqueFunction<void(R)> done) {
    return worker_.post([this, door, job = std::move(job), done = std::move(done)]() mutable {
        auto result = job(stores_);
        door.post(
            [done = std::move(done), result = std::move(result)]() mutable { done(std::move(result)); });
    });
}

}  // namespace kg::store
