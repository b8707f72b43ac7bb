#pragma once

#include <memory>

#include "core/base/unique_function.hpp"
#include "core/loop/wakeup.hpp"
#include "core/loop/worker.hpp"
#include "core/store/store.hpp"

namespace kg::store {

/// The store from a loop: jobs run in order on one worker thread, results return through the
/// caller's door. Shared by all loops; destroying waits for what is queued.
class AsyncStore {
 public:
    explicit AsyncStore(Stores& stores) : stores_(stores) {}

    /// Runs `job(stores)` on the worker, then `done(result)` on the door's loop. False when the queue
    /// is full: nothing will be called.
    template <class R>
    bool run(const loop::Wakeup::Door& door, UniqueFunction<R(Stores&)> job, UniqueFunction<void(R)> done);
    /// Fire and forget.
    bool post(UniqueFunction<void(Stores&)> job);
    /// Queues a finished request; batches are written at most 50 ms later or at 256 records.
    void record(RequestRecord record);
    /// Blocks until everything queued is written (shutdown).
    void flush();

 private:
    Stores& stores_;
    std::mutex mutex_;
    std::vector<RequestRecord> pending_;  // at most 65,536; beyond that records are dropped and counted
    bool batch_posted_ = false;
    std::uint64_t dropped_ = 0;
    loop::Worker worker_;
};

template <class R>
bool AsyncStore::run(const loop::Wakeup::Door& door, UniqueFunction<R(Stores&)> job, UniqueFunction<void(R)> done) {
    return worker_.post([this, door, job = std::move(job), done = std::move(done)]() mutable {
        auto result = job(stores_);
        door.post([done = std::move(done), result = std::move(result)]() mutable { done(std::move(result)); });
    });
}

}  // namespace kg::store
