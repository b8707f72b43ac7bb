#include "core/loop/timer.hpp"

#include <algorithm>

#include "core/loop/back.hpp"

namespace kg::loop {

struct Timer::Back {
    uv_timer_t handle{};
    UniqueFunction<void()> fn;
};

Timer::Timer(Loop& loop, UniqueFunction<void()> fn) : back_(new Back) {
    back_->fn = std::move(fn);
    uv_timer_init(loop.raw(), &back_->handle);
    back_->handle.data = back_;
}

Timer::~Timer() {
    close_back(back_);
}

void Timer::start(std::chrono::milliseconds delay, std::chrono::milliseconds repeat) {
    const auto count = [](std::chrono::milliseconds span) {
        return static_cast<std::uint64_t>(std::max<std::chrono::milliseconds::rep>(span.count(), 0));
    };
    uv_timer_start(
        &back_->handle, [](uv_timer_t* handle) noexcept { static_cast<Back*>(handle->data)->fn(); },
        count(delay), count(repeat));
}

void Timer::stop() noexcept {
    uv_timer_stop(&back_->handle);
}

bool Timer::active() const {
    return uv_is_active(as_handle(back_->handle)) != 0;
}

}  // namespace kg::loop
