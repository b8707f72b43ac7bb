#include "core/loop/wakeup.hpp"

#include <stdexcept>
#include <string>

#include "core/loop/back.hpp"

namespace kg::loop {

namespace {

using Jobs = std::vector<UniqueFunction<void()>>;

}  // namespace

struct Wakeup::Door::State {
    struct Back {
        uv_async_t handle{};
        std::shared_ptr<State> state;
        bool closed = false;  // loop thread only
        Jobs batch;           // what is being run; kept for its capacity
    };

    std::mutex mutex;
    Jobs jobs;             // guarded by mutex
    Back* back = nullptr;  // guarded by mutex; null once the Wakeup is gone

    static void run_jobs(uv_async_t* handle) noexcept {
        auto& own = *static_cast<Back*>(handle->data);
        if (own.closed) return;
        {
            const std::lock_guard lock(own.state->mutex);
            own.batch.swap(own.state->jobs);
        }
        // A job may destroy the Wakeup: the rest is then dropped. The block itself lives until
        // libuv reports it closed, after this callback.
        for (auto& job : own.batch) {
            if (own.closed) break;
            job();
        }
        own.batch.clear();
    }
};

Wakeup::Wakeup(Loop& loop) {
    auto state = std::make_shared<Door::State>();
    auto back = std::make_unique<Door::State::Back>();
    const int status = uv_async_init(loop.raw(), &back->handle, &Door::State::run_jobs);
    if (status != 0) throw std::runtime_error(std::string("cannot make a wakeup: ") + uv_strerror(status));
    back->handle.data = back.get();
    back->state = state;
    state->back = back.release();
    door_.state_ = std::move(state);
}

Wakeup::~Wakeup() {
    Jobs dropped;
    Door::State::Back* back = nullptr;
    {
        const std::lock_guard lock(door_.state_->mutex);
        back = std::exchange(door_.state_->back, nullptr);
        dropped.swap(door_.state_->jobs);
    }
    back->closed = true;
    close_back(back);
}

void Wakeup::set_keeps_alive(bool keeps) {
    auto* const handle = as_handle(door_.state_->back->handle);
    keeps ? uv_ref(handle) : uv_unref(handle);
}

bool Wakeup::Door::post(UniqueFunction<void()> job) const {
    if (state_ == nullptr) return false;
    const std::lock_guard lock(state_->mutex);
    if (state_->back == nullptr) return false;
    state_->jobs.push_back(std::move(job));
    // Sent under the lock, so that the handle cannot be closed in between.
    if (state_->jobs.size() == 1) uv_async_send(&state_->back->handle);
    return true;
}

}  // namespace kg::loop
