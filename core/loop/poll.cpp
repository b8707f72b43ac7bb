#include "core/loop/poll.hpp"

#include "core/loop/back.hpp"

namespace kg::loop {

struct Poll::Back {
    uv_poll_t handle{};
    UniqueFunction<void(Events)> fn;
    int watched = 0;

    static void ready(uv_poll_t* handle, int status, int events) noexcept {
        auto* const back = static_cast<Back*>(handle->data);
        // libuv stops the handle before it reports an error condition.
        if (status < 0) back->watched = 0;
        back->fn(Events{(events & UV_READABLE) != 0, (events & UV_WRITABLE) != 0, status < 0});
    }
};

Poll::Poll(Loop& loop, int descriptor, UniqueFunction<void(Events)> fn) {
    auto back = std::make_unique<Back>();
    back->fn = std::move(fn);
    // A handle whose initialisation failed was never linked into the loop: nothing to close.
    if (uv_poll_init_socket(loop.raw(), &back->handle, descriptor) != 0) {
        back_ = nullptr;
        return;
    }
    back->handle.data = back.get();
    back_ = back.release();
}

Poll::~Poll() {
    if (back_ != nullptr) close_back(back_);
}

void Poll::set_keeps_alive(bool keeps) {
    if (back_ == nullptr) return;
    keeps ? uv_ref(as_handle(back_->handle)) : uv_unref(as_handle(back_->handle));
}

bool Poll::watch(bool readable, bool writable) {
    if (back_ == nullptr) return false;
    const int events = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);
    if (events == back_->watched) return true;
    const int status =
        events != 0 ? uv_poll_start(&back_->handle, events, &Back::ready) : uv_poll_stop(&back_->handle);
    back_->watched = status == 0 ? events : 0;
    return status == 0;
}

}  // namespace kg::loop
