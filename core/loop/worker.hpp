#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>

#include "core/base/unique_function.hpp"

namespace kg::loop {

/// A thread with a bounded queue of jobs that may block (the store). Results return to a loop
/// through a Wakeup door that the job carries. Destroying runs what is queued, then joins.
class Worker {
  public:
    explicit Worker(std::size_t queue_max = 65536);
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;
    ~Worker();

    /// Any thread. False when the queue is full: the caller must tell its client, not wait.
    bool post(UniqueFunction<void()> job);
    std::size_t queued() const;

  private:
    void run();
    const std::size_t queue_max_;
    mutable std::mutex mutex_;
    std::condition_variable ready_;
    std::deque<UniqueFunction<void()>> jobs_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace kg::loop
