#include "core/store/async_store.hpp"

#include <algorithm>
#include <future>
#include <iterator>
#include <memory>
#include <thread>
#include <utility>

#include "core/base/log.hpp"

namespace kg::store {
namespace {

constexpr std::chrono::minutes kDropLogInterval{1};
constexpr std::chrono::milliseconds kFullQueuePause{1};

}  // namespace

AsyncStore::AsyncStore(Stores& stores, const AsyncStoreOptions& options)
    : stores_(stores), options_(options), worker_(options.jobs_max) {}

AsyncStore::~AsyncStore() {
    flush();
}

bool AsyncStore::post(UniqueFunction<void(Stores&)> job) {
    return worker_.post([this, job = std::move(job)]() mutable { job(stores_); });
}

void AsyncStore::record(RequestRecord record) {
    {
        const std::lock_guard lock(mutex_);
        if (pending_.size() >= options_.pending_max) return note_dropped();
        pending_.push_back(std::move(record));
        if (batch_posted_ || pending_.size() < options_.batch_soon) return;
        batch_posted_ = true;
    }
    post_batch();
}

void AsyncStore::write_pending() {
    {
        const std::lock_guard lock(mutex_);
        if (batch_posted_ || pending_.empty()) return;
        batch_posted_ = true;
    }
    post_batch();
}

void AsyncStore::post_batch() {
    if (worker_.post([this] { write_next_batch(); })) return;
    // Too many other jobs: the records stay pending and the next one asks again.
    const std::lock_guard lock(mutex_);
    batch_posted_ = false;
}

void AsyncStore::note_dropped() {
    ++lost_;
    ++dropped_unlogged_;
    const auto now = std::chrono::steady_clock::now();
    if (drop_logged_at_ && now - *drop_logged_at_ < kDropLogInterval) return;
    drop_logged_at_ = now;
    log::error("store", "usage records dropped: the store does not keep up",
               {{"dropped", std::exchange(dropped_unlogged_, 0)}});
}

void AsyncStore::write_next_batch() {
    // Between two batches the other jobs get their turn; a full queue must not strand the rest.
    for (;;) {
        const std::size_t waiting = write_batch();
        {
            const std::lock_guard lock(mutex_);
            batch_posted_ = waiting >= options_.batch_soon;
            if (!batch_posted_) return;
        }
        if (worker_.post([this] { write_next_batch(); })) return;
    }
}

std::size_t AsyncStore::write_batch() {
    std::vector<RequestRecord> batch;
    {
        const std::lock_guard lock(mutex_);
        const auto count = std::min(pending_.size(), options_.batch_max);
        const auto end = pending_.begin() + static_cast<std::ptrdiff_t>(count);
        batch.assign(std::make_move_iterator(pending_.begin()), std::make_move_iterator(end));
        pending_.erase(pending_.begin(), end);
    }
    if (!batch.empty()) store_batch(batch);
    const std::lock_guard lock(mutex_);
    return pending_.size();
}

void AsyncStore::store_batch(const std::vector<RequestRecord>& batch) {
    for (int attempt = 1;; ++attempt) {
        const auto written = stores_.usage().record(batch);
        if (written) return;
        if (attempt >= options_.attempts) {
            log::error("store", "usage records lost: the store refused them",
                       {{"records", batch.size()},
                        {"attempts", attempt},
                        {"error", written.error().message},
                        {"detail", written.error().detail}});
            const std::lock_guard lock(mutex_);
            lost_ += batch.size();
            return;
        }
        std::this_thread::sleep_for(options_.retry_pause);
    }
}

void AsyncStore::flush() {
    // Shared: the waiter may be gone before set_value() has returned on the worker.
    const auto written = std::make_shared<std::promise<void>>();
    auto done = written->get_future();
    const auto job = [this, written] {
        while (write_batch() > 0) {
        }
        written->set_value();
    };
    // A full queue empties by itself: this thread has nothing better to do than to wait for it.
    while (!worker_.post(job)) std::this_thread::sleep_for(kFullQueuePause);
    done.wait();
}

std::uint64_t AsyncStore::lost() const {
    const std::lock_guard lock(mutex_);
    return lost_;
}

}  // namespace kg::store
