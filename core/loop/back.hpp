#pragma once

#include <uv.h>

namespace kg::loop {

/// Hands a back block (a struct with a uv handle named `handle`) to libuv for good: it is freed by
/// its close callback, after the callback that may be running now has returned.
template <class Back>
void close_back(Back* back) noexcept {
    back->handle.data = back;
    uv_close(reinterpret_cast<uv_handle_t*>(&back->handle),
             [](uv_handle_t* handle) noexcept { delete static_cast<Back*>(handle->data); });
}

template <class Handle>
uv_handle_t* as_handle(Handle& handle) {
    return reinterpret_cast<uv_handle_t*>(&handle);
}

}  // namespace kg::loop
