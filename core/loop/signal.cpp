#include "core/loop/signal.hpp"

#include <stdexcept>
#include <string>

#include "core/loop/back.hpp"

namespace kg::loop {

struct Signal::Back {
    uv_signal_t handle{};
    UniqueFunction<void()> fn;
};

Signal::Signal(Loop& loop, int signal_number, UniqueFunction<void()> fn) : back_(new Back) {
    back_->fn = std::move(fn);
    uv_signal_init(loop.raw(), &back_->handle);
    back_->handle.data = back_;
    const int status = uv_signal_start(
        &back_->handle, [](uv_signal_t* handle, int) noexcept { static_cast<Back*>(handle->data)->fn(); },
        signal_number);
    if (status != 0) {
        close_back(back_);
        throw std::runtime_error(std::string("cannot watch a signal: ") + uv_strerror(status));
    }
    uv_unref(as_handle(back_->handle));
}

Signal::~Signal() {
    close_back(back_);
}

}  // namespace kg::loop
