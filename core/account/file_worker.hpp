#pragma once

#include <memory>
#include <utility>

#include "core/base/unique_function.hpp"
#include "core/loop/wakeup.hpp"
#include "core/loop/worker.hpp"

namespace kg::account {

/// A thread for the files that accounts follow, so that a slow disk stops neither a loop nor the
/// store. Begins with the first job. Jobs run in order; destroying waits for them. One loop.
class FileWorker {
  public:
    static constexpr std::size_t kQueueMax = 1'000;

    /// Runs `job` on the thread, then `done(result)` on the door's loop; false when the queue is full.
    template <class R>
    bool run(const loop::Wakeup::Door& door, UniqueFunction<R()> job, UniqueFunction<void(R)> done) {
        return post([door, job = std::move(job), done = std::move(done)]() mutable {
            auto result = job();
            door.post(
                [done = std::move(done), result = std::move(result)]() mutable { done(std::move(result)); });
        });
    }
    bool post(UniqueFunction<void()> job) {
        if (!thread_) thread_ = std::make_unique<loop::Worker>(kQueueMax);
        return thread_->post(std::move(job));
    }

  private:
    std::unique_ptr<loop::Worker> thread_;
};

}  // namespace kg::account
