#include "core/loop/loop.hpp"

#include <cassert>
#include <stdexcept>
#include <string>

#include "core/loop/back.hpp"

namespace kg::loop {

namespace {

/// Runs in one drain; what is left over runs in the next one, after a look at the sockets.
constexpr int kRunsPerDrainMax = 16384;
/// What a turn gives to paced work; the one that passes it is the last of the turn.
constexpr std::uint64_t kPacedShareNs = 1'000'000;

}  // namespace

struct Loop::Hooks {
    uv_prepare_t before_poll{};
    uv_check_t after_poll{};
    uv_idle_t wake{};  // active while the list is not empty: polling then does not block
};

void Loop::Closer::operator()(uv_loop_s* loop) const noexcept {
    [[maybe_unused]] const int status = uv_loop_close(loop);
    assert(status == 0 && "an object attached to the loop outlived it");
    delete loop;
}

Loop::Loop() : hooks_(std::make_unique<Hooks>()) {
    auto raw = std::make_unique<uv_loop_t>();
    if (const int status = uv_loop_init(raw.get()); status != 0)
        throw std::runtime_error(std::string("cannot create an event loop: ") + uv_strerror(status));
    raw_.reset(raw.release());
    uv_prepare_init(raw_.get(), &hooks_->before_poll);
    uv_check_init(raw_.get(), &hooks_->after_poll);
    uv_idle_init(raw_.get(), &hooks_->wake);
    hooks_->before_poll.data = hooks_->after_poll.data = this;
    uv_prepare_start(&hooks_->before_poll,
                     [](uv_prepare_t* h) noexcept { static_cast<Loop*>(h->data)->run_deferred(); });
    uv_check_start(&hooks_->after_poll, [](uv_check_t* h) noexcept {
        auto& loop = *static_cast<Loop*>(h->data);
        loop.run_deferred();
        loop.run_paced();
    });
    uv_unref(as_handle(hooks_->before_poll));
    uv_unref(as_handle(hooks_->after_poll));
}

Loop::~Loop() {
    assert(deferred_.head == nullptr && paced_.head == nullptr && "a scheduled Deferred outlived its loop");
    uv_close(as_handle(hooks_->before_poll), nullptr);
    uv_close(as_handle(hooks_->after_poll), nullptr);
    uv_close(as_handle(hooks_->wake), nullptr);
    uv_walk(
        raw_.get(),
        [](uv_handle_t* handle, void*) noexcept {
            assert(uv_is_closing(handle) && "an object attached to the loop outlived it");
            static_cast<void>(handle);
        },
        nullptr);
    while (uv_run(raw_.get(), UV_RUN_DEFAULT) != 0) {
    }
}

void Loop::run() {
    owner_ = std::this_thread::get_id();
    uv_run(raw_.get(), UV_RUN_DEFAULT);
    owner_ = {};
}

bool Loop::run_once(bool wait) {
    owner_ = std::this_thread::get_id();
    const bool alive = uv_run(raw_.get(), wait ? UV_RUN_ONCE : UV_RUN_NOWAIT) != 0;
    owner_ = {};
    return alive;
}

void Loop::stop() {
    uv_stop(raw_.get());
}

SteadyTime Loop::now() const {
    // uv_now() and steady_clock both count CLOCK_MONOTONIC from the same origin.
    return SteadyTime{std::chrono::milliseconds{uv_now(raw_.get())}};
}

void Loop::assert_inside() const {
    assert((owner_ == std::thread::id{} || owner_ == std::this_thread::get_id()) &&
           "a loop object was used from another thread");
}

void Loop::run(Deferred& next) {
    next.cancel();
    // The function is borrowed so that destroying the Deferred inside it does not free the closure
    // that is executing.
    UniqueFunction<void()> fn = std::move(next.fn_);
    Deferred* const outer = std::exchange(running_, &next);
    fn();
    if (running_ == &next) next.fn_ = std::move(fn);
    running_ = outer;
}

void Loop::run_deferred() {
    for (int runs = 0; deferred_.head != nullptr && runs < kRunsPerDrainMax; ++runs) run(*deferred_.head);
}

void Loop::run_paced() {
    if (paced_.head == nullptr) return;
    const auto begun = uv_hrtime();
    do {
        run(*paced_.head);
        run_deferred();  // what it left for later in the turn is a part of its cost
    } while (paced_.head != nullptr && uv_hrtime() - begun < kPacedShareNs);
}

Deferred::~Deferred() {
    cancel();
    if (loop_.running_ == this) loop_.running_ = nullptr;
}

void Deferred::schedule() noexcept {
    if (scheduled_) return;
    loop_.assert_inside();
    scheduled_ = true;
    next_ = nullptr;
    auto& [head, tail] = fifo();
    previous_ = tail;
    if (previous_ != nullptr) {
        previous_->next_ = this;
    } else {
        head = this;
        uv_idle_start(&loop_.hooks_->wake, [](uv_idle_t*) noexcept {});
    }
    tail = this;
}

void Deferred::cancel() noexcept {
    if (!scheduled_) return;
    scheduled_ = false;
    auto& [head, tail] = fifo();
    (previous_ != nullptr ? previous_->next_ : head) = next_;
    (next_ != nullptr ? next_->previous_ : tail) = previous_;
    next_ = previous_ = nullptr;
    if (loop_.deferred_.head == nullptr && loop_.paced_.head == nullptr) uv_idle_stop(&loop_.hooks_->wake);
}

}  // namespace kg::loop
